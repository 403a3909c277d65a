"""Sequences of commands that were run on a real cell and recorded in ``data/real_cell.jsonl``.

``python -m tests.fake.record`` records them again. ``{n}`` is the n-th submitted job of the sequence.
Lines are shell words; ``<<< text`` is standard input with ``\\n`` escapes; ``nobody: `` runs it as that user.
After an accepted qsub the job is recorded as ``qstat -j ID -xml`` shows it, too.
"""

from __future__ import annotations

# fmt: off
FILES: dict[str, str] = {
    "a.sh": "#!/bin/sh\n#$ -N fromscript -h\n#$ -l h_rt=10\necho hi\n",
    "b.sh": "#$ -foo\n", "c.sh": "#$ -N\n", "e.sh": "#$ -C X -h -N cprefix\n",
    "f.sh": "#PBS -N pbs\n#$ -N dollar\n#$ -h\n", "g.sh": "#$ -b y\necho\n", "h.sh": "#$ -terse\necho\n",
    "j.sh": "#$ -t 1-3\n#$-N glued\n#$\n#$ # comment\n #$ -N ignored\n#$ -h # trailing\necho\n",
    "k.sh": "#$ script arg\n", "l.sh": "#$ -@ opts.txt\n", "opts.txt": "-N fromopts\n# c\n-h\n",
    "m.sh": "#$ -p 2000\n", "q.sh": "#$ -help\n", "r.sh": "#$ -verify\n", "s.sh": "#$ -clear -h\n",
    "t.sh": "#$ -h -v A=\"1 2\",B='c d' -ac k=v\necho\n", "u.sh": "#$ -h -N x\"y\"z\n", "nl.sh": "\n",
    "quote.sh": "#$ -h -ac a='b c' -ac d=e\n", "quote2.sh": "#$ -h -ac \"\" -N x\n",
    "two words.sh": "true\n", "1num.sh": "true\n", "crlf.sh": "#$ -N crlf\r\n#$ -h\r\ntrue\r\n", "empty.sh": "",
    "bad.txt": "-foo\n", "word.txt": "word\n", "nested.txt": "-@ inner.txt -h\n", "inner.txt": "-N nested\n",
    "none.txt": "", "by.txt": "-b y true\n",
}

_OPTIONS = ("-a -A -ar -ac -b -binding -c -ckpt -C -dc -display -dl -e -i -he -hold_jid -hold_jid_ad -j -js -jsv -l -m "
            "-masterq -M -N -now -o -ot -p -P -pe -q -r -R -sc -shell -sync -S -t -tc -u -v -w -wd -@ -pty -cat "
            "-cell -d --").split()
_FLAGS = ("-clear -h -hard -notify -soft -terse -V -verbose -inherit -nostdin -noshell -explain -xml -uall").split()
_VALUES = {
    "-a": ("''", "1231", "12312500", "12310060", "01011200.61", "203001011200.xx", "203002301200", "01321200",
           "196001011200", "3001011200", "0101120000000", "203001011200.1", "203001011200.", "203001011200.59",
           "7001011200", "99123112", "' 2030101120'", "203001012400", "000101011200", "notadate"),
    "-dl": ("x", "203001011200"), "-d": ("x", "5"),
    "-ac": ("''", "=", "a=b=c,d,,e", "a=1,a=2", "a"), "-dc": ("a", "''"), "-sc": ("a=1", "''"),
    "-c": ("q", "nsx", "s", "0:1:0", "5", "n", "0", "s5", "5s", "''"),
    "-o": ("''", ":", ":/x", "localhost:", "localhost:/x", "localhost:/x,localhost:/y", "/x,/y", "nosuch.invalid:/y",
           "localhost:/x:y", "/x,", "/x,,localhost:/y", ",/x", "' /x'", "'\"/x\"'"),
    "-e": ("''", "/x,/y", "rel/b"), "-i": ("''", "/x,/y"), "-S": ("''", "/x,/y", "nosuch.invalid:/y", "relative/sh"),
    "-hold_jid": ("''", ",", "999998,,999999", "999999.1", "'a b'", "'foo*'", "no.1"),
    "-hold_jid_ad": ("''", "999999"),
    "-j": ("x", "YES", "n"), "-js": ("-1", "1.5", "''", "x", "1e3", "0x10", "' 3'", "'3 '", "+3"),
    "-l": ("''", ",", "=", "a=", "h_rt", "h_rt=", "h_rt=0:1:0", "h_rt=1:2", "h_rt=INFINITY", "h_vmem=1G", "h_vmem=x",
           "slots=2", "exclusive", "arch='lx*'", "hostname=localhost", "h=localhost", "q=all.q", "mem_free=1G",
           "num_proc=2", "num_proc=x", "rerun=1", "load_avg=x", "'num_proc>2'", "calendar=x", "seq_no=1",
           "h_rt=1:2:3", "h_rt=:1:", "h_rt=::5", "h_rt=1.5", "h_rt=2.5", "h_rt=1e3", "h_rt=+5", "h_vmem=1k",
           "h_vmem=1Gb", "h_vmem=INFINITY", "s_rt=5,h_rt=4", "a,h_rt", "h_rt=1,s_rt=2,h_rt=3", "h_rt==5", "h_rt=5=6",
           "'h_rt= 5'", "' h_rt=5'", "tmpdir=/x", "hostname=nosuch.invalid", "display_win_gui=x", "h_vmem",
           "h_rt=1:", "h_rt=1:2:", "h_rt=1h", "foo=1,bar=2", "foo=1,h_rt=x", "h_rt=x,foo=1", "arch=a=b"),
    "-m": ("''", "n", "nb", "beas", "b,e", "bq", "s"),
    "-M": ("''", ",", "'a b'", "@x", "a@", "a@b@c", "a,a", "a@x,a@y"),
    "-masterq": ("''", "all.q"),
    "-q": ("''", ",", "all.q,nosuch.q", "all.q@localhost", "all.q@nohost", "all.q@@allhosts", "all.q@@nohosts", "'*'",
           "'*.q'", "'x*'", "@localhost", "'*@localhost'", "' all.q'", "ALL.Q", "all.q,all.q", "all.q@", "x,y"),
    "-now": ("maybe",), "-ot": ("5", "-5"),
    "-p": ("''", "1x", "1025", "1024", "-1023", "-1024", "1.5", "+3", "'3 '", "-0"),
    "-P": ("''", "proj"), "-A": ("''", "'a b'", "a:b", "a/b", "a@b:c", "none", "1abc"),
    "-pe": ("smp x", "smp 0", "smp 2-", "smp -4", "smp 2,4", "smp 4-2", "smp 2-4:2", "smp ''", "'s*' 2", "'' 2",
            "smp 2-4,8", "smp 1,2,3", "smp 2x", "smp -4x", "smp 2,x", "smp x,2", "nosuch 2"),
    "-R": ("x", "y"), "-r": ("ye", "Y", "No"), "-sync": ("maybe",), "-shell": ("maybe", "n"), "-he": ("maybe", "y"),
    "-t": ("-1", "0-3", "1-3,5-7", "1-80000", "5-1", "a", "''", "1-3:", "1-3:0", "1-3:-1", "1-3:x", "1-x", "1-", "3x",
           "1,3,5", "1,2,4", "'1 2'", "0", "n", "undefined", "1-5:2:3", "1.5", "1-3:7", "2-10:3", "10-2:3", "007", "+2",
           "'1 - 3'", "'1 2 3'", "3,2,1", "1,1", "1-2,3-4", "1:2", "1-3:2,5", "1-3.", "-5", "1-3-5", "1-5:2.5",
           "1-5:1e0", "1,4,7", "3x5", "1,x", "x,1", "1-5:+2", "1"),
    "-tc": ("2", "x", "-1"), "-u": ("x",),
    "-v": ("''", "=", ",", "A=,B==,C=a=b,,D", "'A=\"x,y\",B'", "'A=a\\,b'", "=x", "A=1,A=2", "' A = 1 '", "HOME=/x,TERM"),
    "-w": ("x", "''", "E", "n", "w", "e"), "-wd": ("''", "rel", "/tmp//x/"), "-ckpt": ("''", "none_such"),
    "-binding": ("x", "linear:1", "'env linear:1'", "striding:2:2", "striding:2", "explicit:0,0:0,1", "explicit:0",
                 "linear", "linear:x", "linear:0", "striding:0:2", "linear:2:0,1", "linear:2:0", "explicit",
                 "explicit:", "explicit:x", "explicit:0,x", "explicit:0,0:0,0"),
    "-ar": ("5", "x"), "-cell": ("default",), "-display": ("x",), "-C": ("x",), "-b": ("maybe",),
    "-jsv": ("'a b'", "/tmp", "sh:/x", "user@/x", "rel", "''"),
    "-N": ("a,b", "a=b", "'a b'", "a:b", "1abc", "none", "All", "a/b", "''", "-x", "~x", "'(x)'", "'a@b:c'", "123"),
}

SCENARIOS: dict[str, list[str]] = {
    "missing arguments": [f"qsub {option}" for option in _OPTIONS] + ["qsub -pe smp"],
    "flags": [f"qsub -terse -h {flag} -b y true" for flag in _FLAGS if flag not in ("-V", "-clear", "-h")]
    + ["qsub -h -cwd -b y true", "qsub -clear -h -b y true"],
    "values": [f"qsub -h {option} {value} -b y true" for option, values in _VALUES.items() for value in values],
    "repeated": [f"qsub -h {words} -b y true" for words in (
        "-N a -N b", "-j y -j n", "-l h_rt=1 -l h_rt=2", "-l h_rt=1 -l s_rt=2 -soft -l arch=x -hard -l h_rt=3",
        "-o /a -o /b", "-o localhost:/x -o /y", "-o /y -o localhost:/x -o /z", "-S /x -S /y", "-M a -M b,a",
        "-M a@x -M a@y", "-m n -m b", "-m b -m n", "-m b -m e", "-v A=1 -v A=2,B", "-ac a=1,b -dc a",
        "-ac a=1 -sc c=2 -ac d", "-ac b=1,a=2 -ac b=3", "-ac a=1,c=2 -ac b=5 -ac a=3", "-q all.q -q '*'",
        "-hold_jid 999999 -hold_jid 999998,999999", "-p -1 -p -2", "-t 1-3 -t 5-7", "-a 203001010000 -a 203101010000",
        "-r y -r n", "-w e -w n", "-A a -A b", "-P x -P ''", "-pe smp 1 -pe smp 2", "-tc 1 -tc 2 -t 1-3",
        "-wd /a -wd /b", "-cwd -wd /b", "-shell n -shell y", "-R y -R n", "-js 1 -js 2", "-notify -notify",
        "-soft -q all.q -hard -l h_rt=1", "-binding linear:1 -binding linear:2")],
    "several refusals": [f"qsub -h {words} -b y true" for words in (
        "-o h.invalid:/x -N a:b", "-A a:b -N c:d", "-N a:b -l foo=1", "-A a:b -l foo=1", "-N a:b -q x", "-t 0-1 -N a:b",
        "-t 0-1 -l foo=1", "-o /a,/b -e /a,/b", "-o h.invalid:/x -e k.invalid:/x", "-o localhost: -e h.invalid:/y",
        "-masterq all.q -N a:b", "-masterq all.q -l foo=1", "-t 1-80000 -l foo=1", "-t 1-80000 -N a:b",
        "-binding linear:0 -N a:b", "-binding linear:0 -l foo=1", "-l foo=1 -q x", "-soft -l foo=1 -hard -l h_rt=x",
        "-q x -pe nosuch 2", "-pe nosuch 2 -ckpt x", "-ckpt x -P y", "-P y -dl 203001011200", "-P y -w e -l arch=x",
        "-w e -l arch=x -hold_jid 1.1", "-hold_jid 1.1 -tc 2", "-tc 2 -l foo=1", "-tc 2 -hold_jid_ad 1",
        "-w v -hold_jid 1.1", "-w v -tc 2", "-w p -t 1-4", "-w w -l arch=x", "-w w -l arch=x -hold_jid 1.1",
        "-ar 5 -w e -l arch=x", "-N 'a b' -l foo=1", "-N '' -l foo=1", "-l slots=1 -pe smp 2", "-tc 2 -N a:b",
        "-t 1-80000 -A a:b", "-terse -foo", "-hold_jid_ad 999999 -p 5", "-dl 203001011200 -l foo=1")],
    "commands": [
        "qsub -h -b y ''", "qsub -h -b y /", "qsub -h -b y /bin/", "qsub -h -b y 1abc", "qsub -h -b y none",
        "qsub -h -b y a:b", "qsub -h -b y -- x", "qsub -h -b y --", "qsub -h --", "qsub -h -- a b <<< echo hi\\n",
        "qsub -h - a b <<< echo hi", "qsub -h -shell n true", "qsub -h -b y -b n true", "qsub -h -b y 'exit 3'",
        "qsub -h -b y /bin/echo 'a b' 'c\"d' '*'", "qsub -h -b y /nonexistent/prog", "qsub -h -b y", "qsub -foo",
        "qsub -h -N x -b y 'exit 3'", "qsub -b y -h -terse true -N later", "qsub", "qsub -h <<< \\n", "qsub -help"],
    "scripts": [
        "qsub a.sh", "qsub -N cl a.sh x y", "qsub -terse a.sh", "qsub b.sh", "qsub c.sh", "qsub e.sh",
        "qsub -h -C '#PBS' f.sh", "qsub -h -C '' f.sh", "qsub -h -C '#' f.sh", "qsub -h g.sh", "qsub -h h.sh",
        "qsub j.sh", "qsub -h k.sh", "qsub l.sh", "qsub m.sh", "qsub -h q.sh", "qsub -N q s.sh", "qsub t.sh",
        "qsub u.sh", "qsub quote.sh", "qsub quote2.sh", "qsub -h 'two words.sh'", "qsub -h 1num.sh", "qsub crlf.sh",
        "qsub -h nl.sh", "qsub -h empty.sh", "qsub -h -b y empty.sh", "qsub ./a.sh", "qsub -h nosuch/x.sh",
        "qsub -h ''", "qsub -h a.sh/x", "qsub <<< #$ -N si -h\\n", "qsub -h <<< x", "qsub -h -N q <<< #$ -foo\\n",
        "qsub -h /tmp", "qsub -@ opts.txt -b y true", "qsub -h -@ bad.txt -b y true", "qsub -h -@ by.txt",
        "qsub -h -@ word.txt -b y true", "qsub -@ nested.txt -b y true", "qsub -h -@ /nonexist -b y true",
        "qsub -h -@ /tmp -b y true", "qsub -h -@ none.txt -b y true"],
    "alterations": [
        "qsub -h -N one -b y true", "qsub -h -N arr -t 1-6:2 -b y true", "qsub -l arch=none -N pend -b y true",
        *(f"qalter {words}" for words in (
            "-N '' {0}", "-N 'a b' {0}", "-N a/b {0}", "-N a:b {0}", "-N 1abc {0}", "-N y {1} {0}", "-N z {0} 999999",
            "-a 203001011200 {0}", "-a x {0}", "-A acc {0}", "-A a:b {0}", "-A '' {0}", "-ac a=1,b {0}", "-dc a {0}",
            "-sc z {0}", "-binding linear:1 {0}", "-c s {0}", "-c 5 {0}", "-ckpt x {0}", "-cwd {0}", "-wd /x {0}",
            "-dl 203001011200 {0}", "-e /x {0}", "-e h.invalid:/x {0}", "-e /a,/b {0}", "-i /x {0}", "-o /x {0}",
            "-h q {0}", "-h {0}", "-h '' {0}", "-h u {0}", "-h s {0}", "-h o {0}", "-h uos {0}", "-h n {0}", "-h U {0}",
            "-h SO {0}", "-h us {0}", "-h UO {0}", "-hold_jid {1} {0}", "-hold_jid {0} {0}", "-hold_jid 999999.1 {0}",
            "-hold_jid 999999 {0}", "-hold_jid foo {0}", "-hold_jid '' {0}", "-hold_jid {0} {2}", "-hold_jid {2} {0}",
            "-hold_jid_ad {1} {0}", "-hold_jid_ad 999999 {1}", "-hold_jid_ad {1} {1}", "-he y {0}", "-j y {0}",
            "-j x {0}", "-js 3 {0}", "-l h_rt=5 {0}", "-l foo=5 {0}", "-l h_rt=x {0}", "-l slots=2 {0}",
            "-l h_rt=1 -l h_vmem=1G -soft -l arch=x {0}", "-l '' {0}", "-m be {0}", "-m q {0}", "-M a,b {0}",
            "-masterq all.q {0}", "-masterq x {0}", "-notify {0}", "-ot 5 {0}", "-P nosuch {0}", "-P '' {0}",
            "-p -7 {0}", "-p 7 {0}", "-p 2000 {0}", "-pe smp 2 {0}", "-pe nosuch 2 {0}", "-pe smp 0 {0}", "-pe '' 2 {0}",
            "-q all.q {0}", "-q nosuch.q,no.q {0}", "-soft -q all.q {0}", "-r y {0}", "-R y {0}", "-S /bin/sh {0}",
            "-v A=1 {0}", "-w e {0}", "-w n {0}", "-w v {0}", "-w p {0}", "-w w {0}", "-w e -p -1 {2}",
            "-w w -p -1 {2}", "-w n -p -1 {2}", "-l arch=none -w e {0}", "-l arch=none -w v {0}", "-tc 2 {0}",
            "-tc 2 {1}", "-tc 0 {0}", "-h u {0}.2", "-h u {0}.1", "-h u {0}.1-3", "-h U {1}.1-3", "-h u {1}.1-3:2",
            "-h u {1}.99", "-h u {1} -t 1-3", "-t 1-2 {1}", "-h u -t 1-2 {1}", "-t 1-2", "-h u {1} -t 1-2 -t 3",
            "-N x {0}.1", "{1}.1-2", "-h u -hold_jid {0} {1}", "-h U -N a:b {1}", "-h U -N nn {1}", "-b y {0}",
            "-shell y {0}", "-terse {0}", "-now y {0}", "-terse -now y {0}", "-sync y {0}", "-jsv /x {0}", "-clear {0}",
            "-C x {0}", "-verify {0}", "-verify -p -3 -N zz {0}", "{0} -- a b", "{0} --", "-N q -l foo=1 -p -3 {0}",
            "-ar 4 {0}", "-ar 0 {0}", "-foo {0}", "{0}", "", "-h u", "-help {0}", "-N q 4a", "-N q 0", "-N q ''",
            "-N q {0},{1}", "-N q nosuch", "-N q 'no*'", "-u nosuch -N zz", "-p -2 -u root", "-N a -N b {0}")),
        "nobody: qsub -h -N other -b y true",
        *(f"nobody: {words}" for words in (
            "qalter -N x {0}", "qalter -p 5 {3}", "qalter -p -5 {3}", "qalter -p -4 {3}", "qalter -js 5 {3}",
            "qalter -ot 5 {3}", "qhold -h s {3}", "qhold -h o {3}", "qhold -h uo {3}", "qrls -h s {3}",
            "qrls -h uos {3}", "qalter -h n {3}", "qalter -h o {3}", "qhold {0}", "qrls {1}", "qdel {0}", "qmod -sj {0}",
            "qmod -cj {0}", "qmod -d all.q", "qdel -u '*'", "qdel one", "qsub -p 5 -b y true",
            "qalter -u '*' -N q", "qdel -u root")),
    ],
    "holds": [
        "qsub -h -N one -b y true", "qsub -h -N arr -t 1-9:2 -b y true", "qsub -h -N arr2 -t 1-3 -b y true",
        *(f"{words}" for words in (
            "qhold -foo {0}", "qhold -h", "qhold -h u", "qhold -h q {0}", "qhold -h n {0}", "qhold -h U {0}",
            "qhold -h uso {0}", "qhold {0} {0}", "qhold {0},999999", "qhold {0}.1", "qhold {0}.2", "qhold -t 1-2 {1}",
            "qhold {1} -t 2-4", "qhold {1}.1,999999", "qhold {1}.1-5:2", "qhold 'no*'", "qhold -u nosuch", "qhold 0",
            "qhold ''", "qhold 'a b'", "qhold -N x {0}", "qhold -N", "qhold", "qrls", "qrls -h n {0}", "qrls -h u 999999",
            "qrls {1}.3-5", "qrls {1} -t 2-4", "qrls -h so {0}", "qhold -h s {1}", "qrls -h s {1}.1-3", "qrls 999999 {0}",
            "qhold {0}", "qrls {2}.2", "qhold {2}", "qhold -help", "qrls -help", "qrls -h os arr", "qhold {1} {2}"))],
    "deletions": [
        "qsub -h -N one -b y true", "qsub -h -N arr -t 1-9:2 -b y true", "qsub -h -N arr2 -t 1-8 -b y true",
        "qsub -h -N two -b y true", "qsub -h -N three -b y true", "qsub -h -N nine -b y true",
        *(f"qdel {words}" for words in (
            "", "-foo", "-f -foo 999999", "-t", "-t 1-2", "-t 1-2 {1}", "{1} -t x", "{1} -t 1-2,7", "{1}.9 -t 1", "-u",
            "-u nosuch", "-u nosuch {1}", "-u nosuch,alsono", "''", "0", "4a", "{1}.a", "{1}.1-", "{1}.77-79", "{1}.77",
            "{0}.1", "{3}.2", "{3}.1-3", "'no*'", "all", "999999.1", "999999 -t 1-3", "999998,999999 999997", ",",
            "999998,,999999", "-help", "{1}.3 {1}.5,999998", "{1}", "{2}.2-3", "{2}.1-8:3", "{2} -t 5-6", "5x 6x",
            "999 5x", "5x -t 2", "{2}", "three", "'ni*' 999999", "{4}", "-u root"))],
    "modifications": [
        "qsub -h -N one -b y true", "qsub -h -N arr -t 1-9:2 -b y true",
        *(f"qmod {words}" for words in (
            "", "-foo", "-sj", "-sj 999999", "999999", "-f", "-help", "-sj 999999 -usj 999998", "-s nosuch", "-s 999999",
            "-us nosuch", "-c nosuch", "-r nosuch", "-d nosuch", "-e nosuch", "-sq nosuch", "-usq nosuch", "-cq nosuch",
            "-rq nosuch", "-rj nosuch", "-cj 'nos*'", "-sj ''", "-sj 0", "-sj 4a", "-sj 1.a", "-sj -t 1", "-sj 1 -t",
            "-t 1 -sj 999999", "-sj 1,2 3", "-d all.q", "-d all.q", "-e all.q", "-e 'all*'", "-s all.q", "-s all.q",
            "-us all.q", "-us all.q", "-sq all.q", "-usq all.q", "-cq all.q", "-c all.q", "-rq all.q", "-r all.q",
            "-f -d all.q", "-f -e all.q", "-d @localhost", "-d '*@localhost'", "-e '*@@allhosts'", "-d all.q@nohost",
            "--help", "--force -e all.q", "--disable all.q", "--enable all.q", "-sj {0}", "-usj {0}", "-cj {0}",
            "-rj {0}", "-sj {1}", "-sj {1}.1", "-sj {1}.1-5:2", "-sj {1}.77", "-sj one", "-sj arr", "-sj {1} -t 3-5",
            "-f -sj {0}", "-sj 5x -t 2", "-sj 5 -t 1 -t 2", "-sj {0} {1}.3 999999"))],
}
