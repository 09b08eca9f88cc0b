"""The general refusals: those that any command may meet."""

from __future__ import annotations

from protocol.message import Refusal


class BadRequest(Refusal):
    """The fields do not have the declared shape; `fields` says which."""

    code, says, status, kept = "bad_request", "The request does not have the right shape.", 400, False


class UnknownCommand(Refusal):
    """No command has this name."""

    code, says, status, kept = "unknown_command", "There is no such command.", 400, False


class Unauthenticated(Refusal):
    """Nobody is signed in, or no longer."""

    code, says, status, kept = "unauthenticated", "Sign in first.", 401, False


class Forbidden(Refusal):
    """The caller is known and may not do this."""

    code, says, status = "forbidden", "You may not do this.", 403


class MfaRequired(Refusal):
    """A second factor is needed."""

    code, says, status, kept = "mfa_required", "Enter the code of your second factor.", 403, False


class ReauthRequired(Refusal):
    """The sign-in is too long ago for this."""

    code, says, status, kept = "reauth_required", "Sign in again to do this.", 403, False


class NotFound(Refusal):
    """It does not exist, or the caller may not know that it does."""

    code, says, status = "not_found", "There is no such thing.", 404


class Conflict(Refusal):
    """It clashes with what is already so."""

    code, says = "conflict", "It clashes with what is already so."


class IdempotencyMismatch(Refusal):
    """This command id was used before with other fields."""

    code, says, status, kept = "idempotency_mismatch", "This command id was used with other fields.", 422, False


class ContentRejected(Refusal):
    """The text may not be said here."""

    code, says, status = "content_rejected", "This text may not be sent.", 422


class LimitExceeded(Refusal):
    """A cap of the game is reached."""

    code, says = "limit_exceeded", "A limit is reached."


class NoTeam(Refusal):
    """The caller is in no team."""

    code, says = "team.none", "You are in no team."


class Insufficient(Refusal):
    """There is not enough of it, whoever's it is."""

    code, says = "treasury.insufficient", "There is not enough of it."


class OnboardingRequired(Refusal):
    """The captain has not come past the guard yet. Not kept: it says what to do first, and the same command id works then."""

    code, says, kept = "onboarding.required", "Finish your arrival first.", False


class RateLimited(Refusal):
    """Too many, too fast; says `bucket`, `limit` and `retry_after_ms`."""

    code, says, status, retryable, kept = "rate_limited", "Too many requests. Wait a moment.", 429, True, False


class Unavailable(Refusal):
    """The service cannot do it now; `outcome` says whether it may have happened: `none` or `unknown`."""

    code, says, status, retryable, kept = "unavailable", "The service is busy or away. Try again.", 503, True, False


class StorageLow(Refusal):
    """The disk is nearly full; only what must go on does."""

    code, says, status, retryable, kept = "storage_low", "The service is short of storage. Try again later.", 503, True, False


class Internal(Refusal):
    """A fault of ours; the log knows more under the trace id."""

    code, says, status, retryable, kept = "internal", "Something went wrong on our side.", 500, True, False
