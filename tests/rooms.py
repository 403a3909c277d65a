"""What the two drawings, of drmaa_cli and of fake_sge, ask of a module's syntax tree.

A pure module takes from the standard library what is on a list, and nothing else: whoever wants more adds it
there and says by that that it depends on its arguments alone. Imports that the syntax does not show are for a
few modules that are named. What begins with an underscore is for the folder that it is in.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from pathlib import Path

PURE_MODULES = frozenset(  # whatever they have depends on its arguments alone
    "__future__ bisect calendar collections collections.abc contextlib dataclasses decimal difflib enum"
    " functools hashlib heapq hmac ipaddress itertools json math operator pickle re shlex types typing"
    " weakref zlib".split()
)
PURE_NAMES = {  # of modules that have effects, too, these do not
    "_collections": {"_tuplegetter"},
    "concurrent.futures": {"BrokenExecutor"},
    "copy": {"copy", "deepcopy", "replace"},
    "datetime": {"date", "datetime", "timedelta", "timezone"},
    "io": {"BytesIO", "StringIO"},
    "lxml": {"etree"},
    "os": {"fsencode", "fsdecode", "PathLike"},
    "pathlib": {"PurePath", "PurePosixPath"},
    "posixpath": {"basename", "commonpath", "dirname", "isabs", "join", "normpath", "split", "splitext"},
    "sys": {"byteorder", "float_info", "intern", "maxsize"},
    "time": {"struct_time", "gmtime", "localtime", "mktime"},  # calendars, of a given instant
}
BUILT_IN_EFFECTS = frozenset("open input print breakpoint".split())
HIDDEN_IMPORTS = frozenset("__import__ __builtins__ __loader__ __spec__ exec eval compile".split())
IMPORTERS = frozenset("importlib imp pkgutil runpy zipimport builtins".split())
CLOCKS = frozenset("datetime.now datetime.today datetime.utcnow date.today".split())
LIBRARY_PRIVATES = {  # that there is no other way to
    "os._exit",
    "posix._exit",
    "sys._getframe",
    "sys._current_frames",
    "etree._Element",
    "functools._lru_cache_wrapper",
}
OF_NAMED_TUPLES = frozenset("_asdict _fields _field_defaults _make _replace".split())


@functools.cache
def sources(package: Path) -> Mapping[Path, bytes]:
    """The modules of a package, by their paths from where it is."""
    return {path.relative_to(package.parent): path.read_bytes() for path in sorted(package.rglob("*.py"))}


def planted(there: Mapping[Path, bytes], path: Path, text: str) -> dict[Path, bytes]:
    """The modules with a text at the end of one, which may be a new one."""
    return {**there, path: there.get(path, b"") + f"\n{text}\n".encode()}


@functools.cache  # a planted fault is looked for in a package in which all other modules are the same
def nodes(source: bytes) -> tuple[ast.AST, ...]:
    """The nodes of a module's syntax tree, but for those that only say how a name is used, or an operator."""
    dull = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
    return tuple(node for node in ast.walk(ast.parse(source)) if not isinstance(node, dull))


@functools.cache
def _imported(source: bytes) -> tuple[tuple[str, str, str], ...]:
    """Module, name in it (or ""), and the name it has here: absolute imports, wherever they are."""
    found = []
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found += [(alias.name, "", alias.asname or alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found += [(node.module or "", alias.name, alias.asname or alias.name) for alias in node.names]
    return tuple(found)


@functools.cache
def _meant(source: bytes) -> dict[str, str]:
    """What the names are elsewhere that a module imports."""
    return {here: name or module.rpartition(".")[2] for module, name, here in _imported(source)}


@functools.cache
def effects(source: bytes, own: str) -> tuple[str, ...]:
    """What in a module does not depend on its arguments alone; ``own`` is the package, which others judge."""
    found = []
    partly: dict[str, set[str]] = {}  # modules that have effects, too, by the names they have here
    for module, name, here in _imported(source):
        if module.split(".")[0] == own or module in PURE_MODULES or module == "lxml.etree":
            continue
        if not name and module in PURE_NAMES:
            partly[here] = PURE_NAMES[module]
        elif name not in PURE_NAMES.get(module, ()):
            found.append(f"imports {f'{module}.{name}'.rstrip('.')}, which is not pure")
    own_names = defined(source)
    owners = set()
    for node in nodes(source):
        if isinstance(node, ast.Attribute):
            owners.add(id(node.value))
            owner = ast.unparse(node.value)
            if owner in partly and node.attr not in partly[owner]:
                found.append(f"uses {owner}.{node.attr}, which is not pure")
        elif isinstance(node, ast.Call):
            found += _effect_of_call(node, source)
        elif isinstance(node, ast.Name) and node.id in BUILT_IN_EFFECTS - own_names:
            found.append(f"uses {node.id}()")
    found += [
        f"hands on {node.id}, which is not pure"
        for node in nodes(source)
        if isinstance(node, ast.Name) and node.id in partly and id(node) not in owners
    ]
    return tuple(found)


def _effect_of_call(node: ast.Call, source: bytes) -> list[str]:
    first, *rest = ast.unparse(node.func).split(".")
    called = ".".join([_meant(source).get(first, first), *rest])
    last_two = ".".join(called.split(".")[-2:])
    if last_two in CLOCKS or last_two == "etree.parse":
        return [f"calls {called}()"]
    if called.split(".")[-1] in PURE_NAMES["time"] and not (node.args or node.keywords):
        return [f"asks {called}() for the time"]
    return []


@functools.cache
def hidden_imports(source: bytes) -> tuple[str, ...]:
    """Ways to come by a module that no reader of import statements sees."""
    found = [
        f"imports {module}, which imports by name"
        for module, name, _ in _imported(source)
        if module.split(".")[0] in IMPORTERS
        and f"{module}.{name}".split(".")[1] not in ("resources", "metadata")
    ]
    for node in nodes(source):
        if isinstance(node, ast.Name) and node.id in HIDDEN_IMPORTS:
            found.append(f"uses {node.id}")
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.modules":
            found.append("takes modules from sys.modules")
        elif isinstance(node, ast.ImportFrom) and node.module == "sys":
            found += ["takes modules from sys.modules" for alias in node.names if alias.name == "modules"]
    return tuple(found)


@functools.cache
def defined(source: bytes) -> frozenset[str]:
    """All names that a module gives to something: functions, classes, variables, attributes of ``self``."""
    found = set()
    for node in nodes(source):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
            found.add(node.attr)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__slots__":
            found.update(name.value for name in ast.walk(node.value) if isinstance(name, ast.Constant))
    return frozenset(found)


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


@functools.cache
def privates_of_others(source: bytes) -> tuple[str, ...]:
    """The names with an underscore that a module takes from others, as ``owner.name``."""
    found = {
        f"{module}.{name}"
        for module, name, _ in _imported(source)
        if name.startswith("_") and name[:2] != "__"
    }
    for node in nodes(source):
        if isinstance(node, ast.ImportFrom) and node.level:
            found.update(f".{alias.name}" for alias in node.names if alias.name.startswith("_"))
        elif isinstance(node, ast.Attribute) and _is_private(node.attr) and not _is_self(node.value):
            found.add(ast.unparse(node))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "setattr", "hasattr"):
            name = node.args[1]
            if isinstance(name, ast.Constant) and not _is_self(node.args[0]):
                found.add(f"{ast.unparse(node.args[0])}.{name.value}")
    return tuple(sorted(name for name in found if _is_private(name.rpartition(".")[2])))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in OF_NAMED_TUPLES


def trespasses(there: Mapping[Path, bytes], allowed: Mapping[str, set[str]]) -> list[str]:
    """Where a folder of a package uses what another one keeps to itself; ``allowed``: module to names."""
    folders: dict[Path, set[str]] = {}
    for path, source in there.items():
        folders.setdefault(path.parent, set()).update(defined(source))
    found = []
    for path, source in there.items():
        package, *parts = path.with_suffix("").parts
        module = "/".join(parts)
        for name in privates_of_others(source):
            if name in LIBRARY_PRIVATES or name in allowed.get(module, ()):
                continue
            home = Path(*name.split(".")[:-2])  # if it is imported
            elsewhere = name.startswith(f"{package}.") and home != path.parent
            if elsewhere or name.rpartition(".")[2] not in folders[path.parent]:
                found.append(f"{module}: takes {name}, which is another folder's")
    return found


@functools.cache
def _attributes(source: bytes) -> frozenset[str]:
    """The attributes that objects of a module's classes have."""
    found = set()
    for made in nodes(source):
        for node in ast.walk(made) if isinstance(made, ast.ClassDef) else ():
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
                found.add(node.attr)
    return frozenset(found)


def set_from_outside(there: Mapping[Path, bytes], allowed: Mapping[str, set[str]]) -> list[str]:
    """Where modules of a folder set attributes of objects whose classes are not among these modules."""
    own = {name for source in there.values() for name in _attributes(source)}
    return [
        f"{path.parent.name}/{path.stem}: sets {ast.unparse(node)} from outside"
        for path, source in there.items()
        for node in nodes(source)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del))
        if not _is_self(node.value) and node.attr not in own and not node.attr.startswith("__")
        if ast.unparse(node) not in allowed.get(path.stem, ())
    ]
