"""Scenes of random command lines: jobs, queues and files in states that no single option brings about.

A scene is one or more lines with a ``;;`` between them. ``{last}`` is the number of the last job that was
submitted, ``{job}`` that of any, ``{options}`` a few random options of qsub.
"""

from __future__ import annotations

SLEEP = "-b y sleep 1000"
SCENES = (
    # arrays: holes, a task of its own state
    f"qsub -h -t 1-9 -N alpha {SLEEP};;qdel {{last}}.3-4;;qrls -t 6-7 {{last}}",
    f"qsub -t 1-6 -tc 2 {SLEEP};;qmod -sj {{last}}.1",
    f"qsub -h -t 2-20:3 -N beta {SLEEP};;qalter -tc 1 -p 5 {{last}};;qdel {{last}} -t 5-11:3",
    f"qsub -h -t 1-5 {SLEEP};;qhold -h o {{last}} -t 2-3;;qalter -h s {{last}}.4;;qrls {{last}}",
    f"qsub -h -hold_jid {{job}} -t 1-4 {{options}} {SLEEP};;qdel {{last}}.2",
    f"qsub -t 1-4 -h {SLEEP};;qsub -t 1-4 -hold_jid_ad {{last}} {SLEEP};;qdel {{last}}.2",
    f"qsub -t 1-3 {SLEEP};;qmod -rj {{last}}.2",
    # jobs in error
    f"qsub -wd /nosuch/there {{options}} {SLEEP}",
    f"qsub -S /nosuch/shell -t 1-3 {{options}} {SLEEP}",
    "qsub -b y -N delta sh -c 'exit 100'",
    "qsub -t 1-3 -b y -N delta sh -c 'exit 100';;qmod -cj {last}.2",
    f"qsub -i /nosuch/input {SLEEP}",
    f"qsub -o /nosuch/place/out -t 1-2 {SLEEP};;qhold {{last}}",
    # parallel jobs
    f"qsub -pe smp 2 {{options}} {SLEEP}",
    f"qsub -pe smp 1-8 -t 1-3 {SLEEP};;qhold {{last}}.2",
    f"qsub -h -pe smp 2-4 -l license=1 {{options}} {SLEEP};;qalter -pe smp 1 {{last}}",
    f"qsub -pe smp 2 -masterq all.q -R y -r y {SLEEP};;qmod -sj {{last}};;qmod -rj {{last}}",
    # what jobs wait for
    f"qsub -l license=3 {SLEEP};;qsub -l license=2 {{options}} {SLEEP}",
    f"qsub -N alpha -h {SLEEP};;qsub -hold_jid alpha -N beta {SLEEP};;qsub -hold_jid 'a*,beta' {SLEEP}",
    f"qsub -a 203001010000 -dl 203101010000 -soft -l license=9 -q no.q -hard {{options}} {SLEEP}",
    f"qconf -Arqs quota;;qsub {SLEEP};;qsub {{options}} {SLEEP}",
    f"qsub -now y -l license=9 {SLEEP}",
    # queues
    f"qsub -t 1-2 {{options}} {SLEEP};;qmod -sq all.q",
    f"qsub {{options}} {SLEEP};;qmod -d all.q;;qsub -w w {{options}} {SLEEP}",
    f"qsub -r y {{options}} {SLEEP};;qmod -sj {{last}};;qmod -rj {{last}}",
    f"qsub -notify {{options}} {SLEEP};;qmod -sj {{last}};;qmod -sq all.q;;qmod -usj {{last}}",
    # default files and JSVs
    (
        f"echo '{{options}}' > .sge_request;;qsub -h {{options}} {SLEEP};;"
        f"qsub -clear -h -o /dev/null -j y {SLEEP}"
    ),
    f"qsub -jsv $PWD/judge {{options}} {SLEEP}; cat seen",
    (
        f"printf 'PARAM N judged\\nPARAM l_hard h_rt=50000\\nRESULT STATE CORRECT\\n' > verdict;;"
        f"qsub -h -jsv $PWD/judge {{options}} {SLEEP}"
    ),
    (
        f"printf 'PARAM {{change}}\\nPARAM {{change}}\\nRESULT STATE CORRECT\\n' > verdict;;"
        f"qsub -jsv $PWD/judge -h {{options}} {SLEEP} a b"
    ),
    f"echo 'RESULT STATE REJECT no such thing' > verdict;;qsub -jsv $PWD/judge {{options}} {SLEEP}",
    (
        "printf 'PARAM l_soft license=1\\nPARAM p -7\\nPARAM t_max 5\\nRESULT STATE CORRECT\\n' > verdict;;"
        f"qsub -terse -h -jsv $PWD/judge {{options}} {SLEEP}"
    ),
)

CHANGES = (
    *(
        "N other",
        "N 1x",
        "N",
        "p 5",
        "p x",
        "p",
        "l_hard h_rt=5",
        "l_hard nosuch=1",
        "l_hard",
        "l_soft h_rt=5",
    ),
    *(
        "q_hard all.q",
        "q_hard no.q",
        "q_soft all.q",
        "pe_name smp",
        "pe_min 2",
        "pe_max 3",
        "t_min 2",
        "t_max 3",
    ),
    *(
        "t_step 2",
        "tc 2",
        "h u",
        "h us",
        "notify y",
        "r y",
        "r n",
        "R y",
        "j y",
        "j x",
        "shell n",
        "cwd /tmp",
    ),
    *(
        "wd /tmp",
        "o /dev/null",
        "e /dev/null",
        "i /dev/null",
        "S /bin/sh",
        "M a@b",
        "m be",
        "m x",
        "A acct",
        "A",
    ),
    *("P proj", "P nosuch", "P", "ac A=1,B=2", "ac", "a 203001010000", "dl 203001010000", "hold_jid {job}"),
    *(
        "hold_jid_ad {job}",
        "masterq all.q",
        "js 5",
        "c n",
        "CMDARGS 1",
        "CMDARG0 x",
        "CMDNAME x",
        "w w",
        "now y",
    ),
    *("USER nobody", "foo x", "display x"),
)
"""What a JSV changes: PARAM lines."""
EMBEDDED = (
    "#$ -N inner",
    "#$ -l h_rt=9000,license=1",
    "#$ -t 1-4 -tc 1",
    "#$ -v 'A=x y',B=\\\"z\\\"",
    "#$-N close",
    "#$ -j y -terse",
    "#$ -hold_jid {job}",
    "#  $ -N far",
    "#$ -pe smp 1-2",
    "  #$ -N indented",
    "#$ -N",
    "#$ -zzz",
    "#$ # a comment",
    "#$ -p 5 # a comment",
    "#$ -@ options",
    "#$ -C '#%'",
    "#% -N other",
    "#$ -S /bin/bash\\\\n#$ -cwd",
    "#$ {options}",
)
"""Lines of scripts, between double quotes of a printf."""
JUDGE = """#!/bin/sh
exec 2>/dev/null # another user cannot write here
# A JSV: writes down what it is told of a job, and says what is in the file "verdict".
while read -r word rest; do
    case $word in
    START) echo STARTED ;;
    BEGIN) cat verdict ;;
    QUIT) exit 0 ;;
    *) echo "$word $rest" >> seen ;;
    esac
done
"""
SHOW_JOB = r"""#!/bin/sh
# What a job finds: arguments, limits, directory, input, variables that are not those of the machine.
echo "arguments $#: $*"
echo "umask $(umask)"
pwd
for kind in St Ht Sv Hv Sd Hf Sc Hs Sn; do echo "limit $kind $(ulimit -$kind)"; done
head -c 100
sed_out='/^SGE_O_PATH=\|^PATH=\|^_=\|^LD_\|_PORT=/d'
sed_out="$sed_out;"'/^HOME=\|^ENVIRONMENT=\|^TMPDIR=\|^LANG=\|^SGE_BINARY_PATH=/d'
env | sed "$sed_out; s/^/| /" | LC_ALL=C sort
"""
SHOWN = {
    "-N": ("alpha", "a.b", "'x:y'"),
    "-v": ("A=1", "A='x y',B=", "HOME,A=2", "SGE_TASK_ID=7,JOB_NAME=x", "PATH=/bin,TMPDIR=/x,NSLOTS=9"),
    "-V": ("",),
    "-i": ("options", "$PWD/options", "/dev/null"),
    "-j": ("y", "n"),
    "-S": ("/bin/sh", "/bin/bash"),
    "-wd": ("$PWD", "$PWD/home"),
    "-l": (
        *("h_rt=2000", "s_rt=1000,h_rt=1500", "h_cpu=100", "h_data=2G", "h_vmem=2G", "h_stack=8M"),
        "h_fsize=1G,h_core=0",
    ),
    "-pe": ("smp 2", "smp 1-2", "smp 1"),
    "-t": ("1-2 -tc 1", "3", "4-8:4 -tc 1"),  # one after the other
    "-tc": ("1",),
    "-notify": ("",),
    "-shell": ("y", "n"),
    "-r": ("y", "n"),
    "-P": ("proj",),
    "-A": ("acct",),
    "-m": ("n",),
    "-p": ("-5", "7"),
    "-ac": ("A=1",),
    "-clear": ("-o /dev/null -e /dev/null",),
}
