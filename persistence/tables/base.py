"""The ground every table class stands on: one metadata, one naming convention, the column types that recur.

Defaults live in the database, so that a row written by a hot statement and a row written by a store are the same row.
Nothing here loads anything: there are no relationships, and no attribute fetches behind your back.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeEngine
from uuid_utils.compat import uuid7

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

Json = dict[str, object]
JsonList = list[dict[str, object]]

Ordered = Annotated[str, mapped_column(Text(collation="C"))]
Str7 = Annotated[str, 7]
Str10 = Annotated[str, 10]
Str16 = Annotated[str, 16]
Str20 = Annotated[str, 20]
Str45 = Annotated[str, 45]
Str50 = Annotated[str, 50]
Str80 = Annotated[str, 80]
Str100 = Annotated[str, 100]
Str255 = Annotated[str, 255]
Str500 = Annotated[str, 500]
Varchar = Annotated[str, mapped_column(String)]


def new_id() -> UUID:
    """A fresh row id. Ids made later sort later, which keeps the right edge of an index warm."""
    return uuid7()


Id = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]
Born = Annotated[datetime, mapped_column(server_default=func.now())]
Yes = Annotated[bool, mapped_column(server_default="true")]
No = Annotated[bool, mapped_column(server_default="false")]
Zero = Annotated[int, mapped_column(server_default="0")]
Big = Annotated[int, mapped_column(BigInteger)]
BigZero = Annotated[int, mapped_column(BigInteger, server_default="0")]
Nought = Annotated[float, mapped_column(server_default="0")]
Empty = Annotated[Json, mapped_column(server_default="{}")]
EmptyList = Annotated[JsonList, mapped_column(server_default="[]")]


class Base(DeclarativeBase):
    """The one metadata. Constraint names follow from table and column, so a migration can name what it drops."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[object, TypeEngine[Any]]] = {
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        str: Text(),
        bytes: LargeBinary(),
        int: Integer(),
        float: Float(),
        Json: JSONB(none_as_null=True),
        JsonList: JSONB(none_as_null=True),
        list[int]: ARRAY(Integer()),
        list[str]: ARRAY(String()),
        list[UUID]: ARRAY(Uuid()),
        Str7: String(7),
        Str10: String(10),
        Str16: String(16),
        Str20: String(20),
        Str45: String(45),
        Str50: String(50),
        Str80: String(80),
        Str100: String(100),
        Str255: String(255),
        Str500: String(500),
    }


def labels(name: str, *values: str) -> Enum:
    """A database enum of this name with exactly these labels, in this order. In Python its values are plain strings."""
    return Enum(*values, name=name, metadata=Base.metadata)


def one_of(column: str, *values: str) -> str:
    """The condition of a CHECK that holds a text column to these spellings; null passes."""
    return f"{column} in ({', '.join(repr(v) for v in values)})"
