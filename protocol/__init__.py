"""The wire on one page.

A client opens a WebSocket at `/v1/ws` and speaks `callisto.v1.msgpack` (binary frames) or `callisto.v1.json` (text frames,
same shapes). Every frame is one map:

    command   {t, id, d?, deadline_ms?}      client to server; `id` is the idempotency key of whatever changes something
    answer    {re, ok, pos?, replayed?}      exactly one answer or refusal per send, possibly out of order
    refusal   {re, error: {code, message, retryable, retry_after_ms?, fields?, trace_id}}
    event     {t, st, s, at, d}              durable; numbered 1, 2, 3, ... without gaps per stream
    signal    {t, at, d}                     not stored, not numbered

Where things are declared: `message` the kinds and the registry, `codec` frames in and out, `streams` their names,
`closes` the close codes, `refusals` the general ones, and one module per noun (`session`, `player`, `team`, `account`, ...).
This package imports nothing of ours, so that the SDK can ship it.
"""

VERSION = "1.0"
"""Protocol version in `hello`: the major is in the subprotocol's name, the minor grows with additions."""
