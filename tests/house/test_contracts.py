"""Every import contract is kept, and bites: broken once on purpose, in the graph and not in the code."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import grimp
import pytest
from importlinter.configuration import configure
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract

from tests.house.source import ROOT, module_name, python_files

CONFIG: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
CONTRACTS: dict[str, dict[str, Any]] = {each["name"]: each for each in CONFIG["contracts"]}
KINDS: dict[str, type[Contract]] = {"forbidden": ForbiddenContract, "independence": IndependenceContract, "layers": LayersContract}

# Imports that must not be: importer, imported, and the contract that says so.
WRONG = (
    ("Everything points down", "server.dispatch", "server.gateway.hub"),
    ("Everything points down", "server.dispatch", "server.handlers.team"),
    ("Everything points down", "server.actions.membership", "server.handlers.team"),
    ("Everything points down", "server.context", "server.dispatch"),
    ("Everything points down", "server.gateway.session", "server.app"),
    ("Everything points down", "server.handlers.team", "server.http"),
    ("Everything points down", "server.rules.roles", "server.context"),
    ("Everything points down", "server.rules.roles", "server.settings"),
    ("Everything points down", "persistence.teams", "server.rules.roles"),
    ("Everything points down", "protocol.team", "persistence.teams"),
    ("Everything points down", "server.app", "server.__main__"),
    ("Rules are pure", "server.rules.roles", "persistence.teams"),
    ("Rules are pure", "server.rules.roles", "random"),
    ("Rules are pure", "server.rules.roles", "time"),
    ("Rules are pure", "server.rules.roles", "asyncio"),
    ("Rules are pure", "server.rules.roles", "asyncpg"),
    ("Rules are pure", "server.rules.roles", "starlette"),
    ("Handlers do not import handlers", "server.handlers.team", "server.handlers.player"),
    ("Errands never touch the database", "server.errands", "persistence.teams"),
    ("Errands never touch the database", "server.errands", "asyncpg"),
    ("Errands never touch the database", "server.providers.asking", "persistence.budgets"),
    ("Everything points down", "server.providers.openai", "server.errands.guard"),
    ("The gateway knows no domain", "server.gateway.session", "server.handlers.team"),
    ("The gateway knows no domain", "server.gateway.hub", "server.rules.roles"),
    ("The gateway knows no noun of the wire but session, and of the stores only the event log", "server.gateway.session", "protocol.team"),
    ("The gateway knows no noun of the wire but session, and of the stores only the event log", "server.gateway.hub", "persistence.teams"),
    ("Handlers and actions speak to the network through nobody", "server.handlers.team", "httpx2"),
    ("Handlers and actions speak to the network through nobody", "server.actions.membership", "server.gateway.hub"),
    ("The protocol stands alone", "protocol.team", "server.rules.roles"),
    ("The protocol stands alone", "protocol.codec", "pydantic"),
    ("Stores know no server", "persistence.teams", "server.caller"),
    ("Clients depend on the protocol alone", "callisto_client.state", "server.rules.roles"),
    ("Clients depend on the protocol alone", "callisto_client.state", "persistence.events"),
    ("Nobody imports the client", "server.app", "callisto_client.state"),
)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom today."""
    configure()
    return grimp.build_graph(
        *CONFIG["root_packages"],
        include_external_packages=CONFIG["include_external_packages"],
        exclude_type_checking_imports=CONFIG["exclude_type_checking_imports"],
        cache_dir=None,
    )


def _keeps(name: str, graph: grimp.ImportGraph) -> bool:
    # As import-linter reads them: its booleans are texts.
    options = {
        key: str(value) if isinstance(value, bool) else value for key, value in CONTRACTS[name].items() if key not in ("name", "type")
    }
    contract = KINDS[CONTRACTS[name]["type"]](name, {key: value for key, value in CONFIG.items() if key != "contracts"}, options)
    return contract.check(copy.deepcopy(graph), verbose=False).kept


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_is_kept(name: str, graph: grimp.ImportGraph) -> None:
    assert _keeps(name, graph), "./callisto check says who breaks it"


@pytest.mark.parametrize(("name", "importer", "imported"), WRONG)
def test_a_contract_bites(name: str, importer: str, imported: str, graph: grimp.ImportGraph) -> None:
    broken = copy.deepcopy(graph)
    for module in (importer, imported):
        if module not in broken.modules:
            broken.add_module(module, is_squashed=module.partition(".")[0] not in CONFIG["root_packages"])
    broken.add_import(importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}")
    assert not _keeps(name, broken)


def test_every_contract_is_broken_once() -> None:
    assert {name for name, _, _ in WRONG} == set(CONTRACTS)


def test_every_module_of_the_server_has_a_layer() -> None:
    layers = {part.strip(" ()") for line in CONTRACTS["Everything points down"]["layers"] for part in line.replace(":", "|").split("|")}
    modules = {
        ".".join(module_name(path).split(".")[:2])
        for path in python_files("server")
        if path.name != "__init__.py" or len(path.parts) > len(ROOT.parts) + 2
    }
    assert modules - {"server"} <= layers, "a module without a layer may import whom it likes"
