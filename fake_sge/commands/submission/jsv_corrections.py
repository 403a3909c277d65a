"""What a JSV makes of a job: its PARAM and ENV lines (a real 8.1.9's qsub -jsv, each by itself)."""

from __future__ import annotations

from collections.abc import Mapping

from ...model import JobSpec, Range, Rerun
from ...model.requests import Request
from ..submit_options.job_spec import FIELDS, FieldBuilder, apply_context
from ..submit_options.option_values import OptionError, yes_no
from ..submit_options.parsed import Option, ParseContext
from ..submit_options.table import OPTIONS

_TROUBLE = "unable to allocate memory for binding during JSV execution"  # it says that after most others
_READ_ONLY = ("VERSION", "CONTEXT", "CLIENT", "USER", "GROUP", "JOB_ID")
_BOOLEANS = {"b": "", "j": "merge_stderr", "r": "rerun", "R": "reserve", "notify": "notify"}
_VALUES = ("A", "N", "p", "P", "ckpt", "js", "tc", "w", "a", "dl", "m")
_LISTS = ("o", "e", "i", "S", "M", "hold_jid", "hold_jid_ad", "masterq")
_REQUESTS = {"l_hard": 1, "l_soft": 2, "q_hard": 1, "q_soft": 2}
_HARD_OR_SOFT = {1: "hard", 2: "soft"}
_HOLDS = {"u": "user_hold", "o": "operator_hold", "s": "system_hold"}


def corrected(
    spec: JobSpec,
    changes: Mapping[str, str],
    env: Mapping[str, str | None],
    request: Request,
    context: ParseContext,
) -> JobSpec:
    """The job with changed parameters; an empty value takes a parameter away, unknown names are ignored.

    Raises:
        OptionError: a parameter cannot have this value.
    """
    taken = _Corrections(spec, env, request, context)
    for name, value in changes.items():
        taken.take(name, value)
    taken.arguments({name: value for name, value in changes.items() if name.startswith("CMDARG")})
    return spec._replace(**taken.builder.fields)


class _Corrections:
    def __init__(
        self, spec: JobSpec, env: Mapping[str, str | None], request: Request, context: ParseContext
    ) -> None:
        self.spec = spec
        self.context = context
        self.builder = FieldBuilder(request)
        self.builder.fields = {"env": tuple(env.items()), "job_type": spec.job_type}

    def take(self, name: str, value: str) -> None:
        """One parameter. Raises OptionError."""
        fields = self.builder.fields
        if name in _READ_ONLY:
            raise OptionError(f'JSV tries to modify read-only parameter "{name}"', _TROUBLE)
        if name in _BOOLEANS:
            self._boolean(name, value)
        elif name in _REQUESTS:
            self._requests(name, value)
        elif name in _VALUES or name in _LISTS:
            self._option(name, value)
        elif name == "ac":
            self._parsed("ac", value)
            fields["context"] = apply_context((), tuple(self.builder.context))
        elif name == "cwd":
            fields["cwd"] = value or None
        elif name == "h":
            fields.update({field: letter in value for letter, field in _HOLDS.items()})
        elif name == "display":
            fields["env"] = (*fields["env"], ("DISPLAY", value))
        elif name == "pe_name":
            fields["pe"] = value or None
        elif name in ("pe_min", "pe_max"):
            self._slots(int(value), first=name == "pe_min")
        elif name in ("t_min", "t_max", "t_step") and self.spec.is_array:
            was = fields.get("array", self.spec.array)
            which = {"t_min": "first", "t_max": "last", "t_step": "step"}[name]
            fields["array"] = was._replace(**{which: int(value)})

    def arguments(self, changes: Mapping[str, str]) -> None:
        """CMDARGS, how many there are, and CMDARG0 ..., of which none is added."""
        args = list(self.spec.args)
        count = changes.get("CMDARGS", "")
        if count.isdigit():
            del args[int(count) :]
        for index in range(len(args)):
            args[index] = changes.get(f"CMDARG{index}", args[index])
        self.builder.fields["args"] = tuple(args)

    def _boolean(self, name: str, value: str) -> None:
        if not value:
            raise OptionError(f'JSV tries to delete boolean parameter "{name}"', _TROUBLE)
        try:
            on = yes_no(value)
        except ValueError:
            raise OptionError(f'JSV tries to set "{name}" to "{value}"', _TROUBLE) from None
        if name == "b":
            self.builder.add(Option("-b", on, value))
        elif name == "r":
            self.builder.fields["rerun"] = Rerun.YES if on else Rerun.QUEUE
        else:
            self.builder.fields[_BOOLEANS[name]] = on

    def _requests(self, name: str, value: str) -> None:
        switch, hardness = f"-{name[0]}", _REQUESTS[name]
        what = f"{_HARD_OR_SOFT[hardness]}_{'resources' if name[0] == 'l' else 'queues'}"
        if value:
            self.builder.add(Option(switch, self._value(switch, value), value, hardness))
        else:
            self.builder.fields[what] = ()
            asked = self.builder.fields.get("requested", self.spec.requested)
            self.builder.fields["requested"] = tuple(item for item in asked if item != what)

    def _option(self, name: str, value: str) -> None:
        if value:
            self._parsed(name, value)
        elif name == "N":
            raise OptionError('JSV tries to delete "N"', _TROUBLE)
        else:
            defaults = JobSpec._field_defaults
            self.builder.fields.update({field: defaults[field] for field in FIELDS[f"-{name}"]})

    def _parsed(self, name: str, value: str) -> None:
        if value:
            self.builder.add(Option(f"-{name}", self._value(f"-{name}", value), value))

    def _value(self, switch: str, value: str) -> object:
        """The value of an option. Raises OptionError in a JSV's words."""
        parse = OPTIONS[switch].parse
        assert parse is not None
        try:
            return parse(value, self.context)
        except OptionError as error:
            if switch == "-w":
                raise
            texts = (error.stray.strip(),) if error.stray else error.texts
            raise OptionError(*(() if switch == "-m" else texts), _TROUBLE) from None

    def _slots(self, number: int, first: bool) -> None:
        """``pe_min`` and ``pe_max``: of a job that has no range of slots, each is one."""
        fields = self.builder.fields
        ranges = list(fields.get("pe_ranges", self.spec.pe_ranges))
        if not self.spec.pe_ranges:
            ranges.append(Range(number, number))
        elif first:
            ranges[0] = Range(number, ranges[0].last)
        else:
            ranges[-1] = Range(ranges[-1].first, number)
        fields["pe_ranges"] = tuple(ranges)
