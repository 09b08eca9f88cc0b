"""The registry as documents: AsyncAPI for the sockets, OpenAPI for HTTP, TypeScript, the catalogue of errors, the reference.

Everything here is a pure function of the declarations, and the same bytes every time: the files under docs/protocol are
compared with it. Nothing here may say what no declaration says, so a wrong sentence is put right where the message is.
"""

from protocol.describe.errors import errors
from protocol.describe.reference import reference
from protocol.describe.routes import openapi
from protocol.describe.sockets import asyncapi
from protocol.describe.typescript import typescript

__all__ = ["asyncapi", "errors", "openapi", "reference", "typescript"]
