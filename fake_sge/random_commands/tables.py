"""What random command lines are made of: for each command its options, each with plausible and odd values.

A value is text for a shell. ``{job}`` becomes the number of a job that was submitted before. An option
without an argument has the one value ``""``. What would end a real cell, wait for ever, or write outside of
the directory that the lines run in is not here: the names of such things are refused by the commands anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Values = Mapping[str, Sequence[str]]


def _words(text: str) -> tuple[str, ...]:
    """Values with a ``|`` between them."""
    return tuple(text.split("|"))


FLAG = ("",)
YES_NO = ("y", "n", "yes", "no", "Y", "x", "''", "true")
NAMES = ("alpha", "beta", "delta", "alpha", "a.b", "'a b'", "1x", "x:y", "''", "'a*'", "a/b", "a@b", "none")
LONG_NAMES = ("a_name_of_more_than_ten_letters", "näme")
JOBS = ("{job}", "{job}", "{job}", "{job},{job}", "alpha", "'al*'", "nosuch", "999999", "0", "5x", "''", "-1")
TASKS = ("1-4", "1-7:2", "3", "2-5", "5-1", "0-2", "x", "1-3:0", "''", "1,3", "1-", "01-3", "3-7:2", "1-2000")
QUEUE_EXPRESSIONS = ("'all.q|x'", "'!no.q'", "'(a*|b)@localhost'", "'x|'")
QUEUES = (
    "all.q",
    "no.q",
    "'*'",
    "all.q@localhost",
    "all.q@@allhosts",
    "'a*'",
    "all.q,no.q",
    "''",
    "'*@*'",
    *QUEUE_EXPRESSIONS,
)
RESOURCES = _words(  # no limit ends a job while lines are tried
    "h_rt=10000|h_rt=2:1:0|h_rt=9000,s_rt=8000|arch=lx-amd64|arch=none|foo=1|mem_free=1M|h_vmem=1G|"
    "h_vmem=1X|h_rt=x|h_rt|''|slots=1|hostname=localhost|h=localhost|q=all.q|num_proc=1|"
    "num_proc=1000|swap_free=1K|virtual_free=900G|h_rt=INFINITY|h_rt=|license=1|license=9|"
    "license=0|gpu=1|h_data=1M|h_fsize=10M|tmpdir=/tmp|calendar=x|h_cpu=1:0:0|s_vmem=1G|rerun=1|"
    "rerun=TRUE|rerun=x|seq_no=0|load_avg=1|arch='lx*'|h_rt=10000,h_rt=20000|h_rt=100:2|h_rt=-1|"
    "h_rt=1e4|mem_total=1|cpu=1|np_load_avg=0.1|license=-1|slots=-1"
)
DATES = _words("203001010000|203001010000.30|01010000|203013010000|x|''|3001010000|200001010000")
NUMBERS = ("0", "1", "5", "-5", "1000", "''", "x", "1.5", "99999999999", "0x10", "'1 '", "+3")
PAIRS = ("A=1", "A=1,B=2", "A", "A=", "''", "=", "A=1,A=2", "'A=a b'", "A=x=y", "HOME", "NOSUCH", "A=1,,B=2")
# A path that is not absolute would be in the user's own home, whatever $HOME is.
PATHS = _words(
    "$PWD/out|$HOME/out|localhost:$PWD/out|:$PWD/out|nohost.invalid:out|''|$PWD/out,/dev/null|$PWD/'$JOB_NAME.x'"
)
USERS = ("$(id -un)", "'*'", "nobody", "nosuch", "''", "$(id -un),nobody")

SUBMIT: Values = {
    "-a": DATES,
    "-ac": PAIRS,
    "-A": ("acct", "a:b", "''", "'a b'", "a/b", "$(id -un)"),
    "-ar": ("0", "1", "x", "''", "-1", "1.5"),
    "-b": YES_NO,
    "-binding": _words("linear:1|linear|set linear:1|env striding:2:1|x|pe linear:1:0,0|explicit:0,0"),
    "-C": ("'#$'", "'#'", "''", "x"),
    "-c": ("n", "s", "m", "x", "sx", "n,s", "0:10:0", "''", "ns", "60", "1:2:3:4", "mn"),
    "-ckpt": ("nosuch", "''"),
    "-clear": ("-o /dev/null -e /dev/null",),  # for the defaults that it forgets
    "-cwd": FLAG,
    "-dc": ("A", "A,B", "''", "A=1"),
    "-dl": DATES,
    "-e": PATHS,
    "-h": FLAG,
    "-hard": FLAG,
    "-hold_jid": JOBS,
    "-hold_jid_ad": JOBS,
    "-i": ("/dev/null", "nosuch", "''", "nohost.invalid:x"),
    "-j": YES_NO,
    "-js": NUMBERS,
    "-l": RESOURCES,
    "-m": ("b", "be", "n", "abes", "x", "''", "nb", "s", "bb"),
    "-M": ("a@b", "a", "a@b,c@d", "''", "a@b@c", "@b"),
    "-masterq": QUEUES,
    "-N": (*NAMES, *LONG_NAMES),
    "-notify": FLAG,
    "-now": ("n", "no", "x"),
    "-o": PATHS,
    "-ot": NUMBERS,
    "-P": ("proj", "nosuch", "''"),
    "-p": ("0", "10", "-10", "1024", "1025", "-1023", "-1024", "''", "x", "1.5", "5", "-1"),
    "-pe": _words("smp 2|smp 1-3|no 2|smp x|smp|'s*' 2|smp 0|smp 3-1|smp 1,2|smp 99|smp -4"),
    "-q": QUEUES,
    "-R": YES_NO,
    "-r": YES_NO,
    "-S": (
        *("/bin/sh", "/bin/bash", "nosuch", "localhost:/bin/sh", "''", "/bin/sh,/bin/bash", ":/bin/sh"),
        *("'~nosuch/x'", "'~/x'", "'$HOME/x'", "'$NOSUCH'"),
    ),
    "-sc": PAIRS,
    "-shell": YES_NO,
    "-soft": FLAG,
    "-sync": ("n", "no", "x", "''"),
    "-t": TASKS,
    "-tc": NUMBERS,
    "-terse": FLAG,
    "-u": USERS,
    "-v": PAIRS,
    "-verify": FLAG,
    "-verbose": FLAG,
    "-w": ("e", "w", "n", "v", "p", "x", "''", "ev"),
    "-wd": ("/tmp", "nosuch", "''", ".", "'$USER'", "'$JOB_NAME/x'", "'~nosuch/x'"),
    "-zzz": FLAG,
    "-@": ("options", "nosuch"),
    "-inherit": FLAG,
    "-pty": ("y", "x"),
    "-display": ("x:0", "''"),
    "-nostdin": FLAG,
    "-V": FLAG,
    "-xml": FLAG,
    "-cell": ("x",),
    "-jsv": ("nosuch", "x:y"),
}
ALTER: Values = {
    **SUBMIT,
    "-h": ("u", "s", "o", "uos", "U", "n", "SO", "q", "us", "O", "US", "nu", "''"),
}
HOLD: Values = {"-h": ("u", "s", "o", "uos", "us", "n", "x", "''", "U"), "-t": TASKS, "-u": USERS}
DELETE: Values = {"-f": FLAG, "-u": USERS, "-s": FLAG, "-t": TASKS}

LISTING: Values = {
    "-ext": FLAG,
    "-urg": FLAG,
    "-pri": FLAG,
    "-f": FLAG,
    "-F": ("", "", "slots", "h_rt,arch", "nosuch", "mem_total", "slots,qname", "''"),
    "-explain": ("a", "A", "c", "E", "aAcE", "x", "''"),
    "-ne": FLAG,
    "-g": ("c", "d", "t", "dt", "x", "cd", "''", "c,d"),
    "-t": FLAG,
    "-r": FLAG,
    "-j": ("{job}", "{job}", "{job}", "{job},{job}", "nosuch", "alpha", "'*'", "", "0", "'al*'", "{job}.1"),
    "-s": ("p", "r", "s", "z", "h", "a", "pr", "hu", "ho", "hs", "hj", "hd", "ha", "x", "prsz", "''", "hx"),
    "-u": USERS,
    "-xml": FLAG,
    "-ncb": FLAG,
    "-q": QUEUES,
    "-l": RESOURCES,
    "-qs": ("a", "d", "s", "u", "E", "c", "x", "''", "ad", "o", "C", "S", "D", "A"),
    "-U": USERS,
    "-pe": ("smp", "nosuch", "'*'", "''", "smp,nosuch"),
    "-zzz": FLAG,
}
SELECT: Values = {name: LISTING[name] for name in ("-l", "-q", "-qs", "-U", "-pe", "-ncb", "-zzz")}
SESSION: Values = {
    "-N": ("alpha", "1x", "a/b", "a@b"),
    "-A": ("acct", "a:b", "''", "a/b", "$(id -un)"),  # a name with a blank is waited for for ever
    "-@": ("nosuch",),
    "-now": ("y", "no", "x"),
    "-pty": ("n", "x"),  # a terminal without one ends the command now and then
    **{name: SUBMIT[name] for name in ("-P", "-cwd", "-wd", "-l", "-q", "-v", "-V", "-p", "-pe", "-masterq")},
    **dict.fromkeys(("-verbose", "-nostdin", "-noshell", "-zzz", "-terse", "-inherit", "-clear"), FLAG),
    **dict.fromkeys(("-verify", "-notify", "-hard", "-soft", "-xml"), FLAG),
    **{name: SUBMIT[name] for name in ("-cell", "-display", "-tc", "-S", "-c", "-jsv", "-ar", "-b", "-u")},
    **{name: SUBMIT[name] for name in ("-t", "-a", "-sync", "-M", "-r", "-hold_jid", "-m", "-i")},
    **{name: SUBMIT[name] for name in ("-ac", "-dc", "-sc", "-js", "-R", "-binding", "-hold_jid_ad", "-w")},
}
HOSTS: Values = {
    "-F": ("", "arch", "num_proc,arch", "nosuch", "''"),
    "-h": ("localhost", "nosuch", "localhost,localhost", "global", "''"),
    "-j": FLAG,
    "-l": RESOURCES,
    "-q": FLAG,
    "-u": USERS,
    "-xml": FLAG,
    "-ncb": FLAG,
    "-zzz": FLAG,
}
ACCOUNTS: Values = {
    "-E": FLAG,
    "-m": FLAG,
    "-u": ("", "$(id -un)", "nosuch", "nobody"),
    "-j": ("", "{job}", "{job}", "{job}", "alpha", "'al*'", "nosuch", "0", "''", "5x"),
    "-t": ("1", "1-4", "1-7:2", "x", "''", "2-3", "1,3"),
    "-A": ("", "acct", "nosuch", "sge"),
    "-b": ("203001010000", "200001010000", "x"),
    "-d": ("1", "0", "x", "100"),
    "-e": ("203001010000", "200001010000", "x"),
    "-D": FLAG,
    "-g": ("", "root", "0", "nosuch"),
    "-h": ("", "localhost", "nosuch"),
    "-history": ("x",),
    "-l": ("h_rt=100", "arch=lx-amd64", "nosuch=1"),
    "-nohist": FLAG,
    "-o": ("", "$(id -un)", "nosuch", "nobody"),
    "-P": ("", "proj", "nosuch"),
    "-pe": ("", "smp", "nosuch"),
    "-q": ("", "all.q", "'*'", "no.q"),
    "-slots": ("", "1", "2", "x"),
    "-f": ("nosuch", "$SGE_ROOT/default/common/accounting"),
    "-ar": ("", "1", "x"),
    "-zzz": FLAG,
}
_STARTED = ("{job}", *JOBS, "{job}.1", "{job}.2-3", "{job}.1,{job}", "{job} {job}.1", "{job}.1-9:2", "'a*'.1")
MODIFY: Values = {
    "-sq": QUEUES,
    "-usq": QUEUES,
    "-sj": _STARTED,
    "-usj": _STARTED,
    "-cj": _STARTED,
    "-d": QUEUES,
    "-e": QUEUES,
    "-s": QUEUES,
    "-us": QUEUES,
    "-c": QUEUES,
    "-cq": QUEUES,
    "-rj": _STARTED,
    "-f": FLAG,
    "-t": TASKS,
    "-zzz": FLAG,
}
SHOW: Values = {
    **dict.fromkeys(
        (
            *("-sql", "-spl", "-sel", "-sh", "-ss", "-sm", "-so", "-sul", "-suserl", "-sprjl", "-scall"),
            *("-sckptl", "-shgrpl", "-srqsl", "-sconfl", "-ssconf", "-sc", "-sss", "-sstree", "-sst"),
        ),
        FLAG,
    ),
    "-sq": (
        *("", "all.q", "no.q", "'*'", "all.q@localhost", "all.q,no.q", "'all.q@*'", "''"),
        *("'no.q all.q'", "no.q,,all.q", "all.q no.q", "'*,all.q'"),
    ),
    "-sp": ("smp", "nosuch", "'*'", "''"),
    "-se": ("localhost", "nosuch", "global", "''"),
    "-sconf": ("", "global", "localhost", "nosuch", "global,localhost", "localhost,global", "-sql"),
    "-shgrp": ("@allhosts", "@nosuch", "x"),
    "-shgrp_tree": ("@allhosts", "@nosuch"),
    "-shgrp_resolved": ("@allhosts", "@nosuch"),
    "-su": ("deadlineusers", "nosuch", "arusers,defaultdepartment", "nosuch,arusers", "arusers,x,arusers"),
    "-sprj": ("proj", "nosuch"),
    "-scal": ("nosuch", "''"),
    "-sckpt": ("nosuch",),
    "-srqs": ("", "nosuch"),
    "-suser": ("nosuch", "nobody", "'nosuch nobody'", "x,,x", ","),
    "-sobjl": (
        *("queue slots 2", "queue slots '*'", "exechost hostname '*'", "pe slots '*'", "queue nosuch 1"),
        *("x y z", "queue pe_list smp", "hostgroup hostlist localhost", "queue slots 77"),
        *("exechost load_values '*arch=lx-amd64*'", "exechost load_values NONE", "exechost processors 0"),
        *("exechost complex_values 'lic*'", "exechost projects '*'", "queue nsuspend 1", "queue qtype 'B*'"),
    ),
    "-zzz": FLAG,
}
QUOTAS: Values = {
    "-h": ("localhost", "nosuch", "''"),
    "-l": ("slots", "license", "nosuch", "''"),
    "-P": ("proj", "nosuch"),
    "-pe": ("smp", "nosuch"),
    "-q": QUEUES,
    "-u": USERS,
    "-xml": FLAG,
    "-zzz": FLAG,
}
CHANGES = _words(
    "-mattr queue slots 1 all.q|-mattr queue slots 3 all.q|-rattr queue h_rt 1:0:0 all.q|"
    "-rattr queue h_rt INFINITY all.q|-mattr queue slots x all.q|-mattr queue slots 2 no.q|"
    "-aattr queue complex_values license=1 all.q|-mattr queue complex_values license=2 all.q|"
    "-dattr queue complex_values license=1 all.q|-rattr queue complex_values NONE all.q|"
    "-aattr queue pe_list smp all.q|-dattr queue pe_list smp all.q|-rattr queue rerun TRUE all.q|"
    "-mattr exechost complex_values license=2 localhost|-mattr pe slots 1 smp|"
    "-rattr exechost complex_values license=1 global|-rattr exechost complex_values NONE global|"
    "-mattr pe slots 999 smp|-aattr hostgroup hostlist localhost @allhosts|"
    "-rattr queue seq_no 5 all.q|-mattr x y z w|-au $(id -un) list|-au nobody,daemon list|"
    "-du nobody list|-du $(id -un) list|-dul list|-am nobody|-dm nobody|-ao nobody,daemon|"
    "-do nobody|-as localhost|-ah localhost|-ds nosuch.invalid|-dh nosuch.invalid|-Aq new.q|"
    "-Mq new.q|-dq new.q|-Aq nosuch|-Ap mpi|-Mp mpi|-dp mpi|-dp smp|-Aprj prj|-Mprj prj|"
    "-dprj other|-Ahgrp group|-Mhgrp group|-dhgrp @g|-dhgrp @allhosts|-Au list|-Mu list|"
    "-Mu nosuch|-Auser user|-Muser user|-duser someone|-cq all.q|-cq no.q|-Mc complex|-Mc nosuch|"
    "-Ae host|-Me host|-Msconf scheduler|-Msconf nosuch|-Mconf nosuch|-Arqs nosuch|-Mrqs nosuch|"
    "-drqs nosuch|-mattr queue slots|-am|-Aconf nosuch|-dconf nosuch|-de nosuch.invalid|"
    "-rattr queue slots 2e0 all.q|-rattr queue slots -1 all.q|-rattr queue rerun y all.q|"
    "-rattr queue qtype INTERACTIVE,BATCH all.q|-rattr queue priority x all.q|"
    "-mattr queue pe_list NONE all.q|"
    "-rattr queue shell '' all.q|-mattr pe user_lists list smp|-rattr pe slots -1 smp|-am 'nobody,  x'|"
    "-dm 'x nobody,x'|-au 'x y' 'list,,list'|-du 'x,y' list|-dq ''|-dp ''|-ds ,|-dul 'a b'|-at 'a,scheduler'|"
    "-rattr queue slots 2 all.q no.q|-Ap nosuch -sel|-mattr queue slots x all.q -sel|-dq no.q -sel|"
    "-purge queue slots all.q@localhost|-purge queue nosuch all.q@localhost|"
    "-dcal x|-dckpt x,y|-mcal x|-mckpt x|"
    "-Mattr queue new.q all.q|-Aattr pe nosuch smp|-Dattr queue|-Rattr hostgroup group @allhosts|"
    "-rattr queue complex_values license=x all.q|-rattr queue complex_values 'lic=2 h_rt=9' all.q|"
    "-rattr queue pe_list 'smp,make smp' all.q|-rattr queue slots '2,[localhost=3' all.q|"
    "-rattr exechost complex_values 'license=4 x=1' localhost|-aattr exechost load_scaling x=1 localhost|"
    "-mattr resource_quota enabled FALSE nosuch|-kx|-sq @allhosts|-ae nosuch"
)
