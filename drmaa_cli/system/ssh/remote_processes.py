"""What runs on a host, as texts for its /bin/sh: found by a word of its command line, in /proc as by ps.

ps itself is missing on small systems, and then "nothing found" would be taken for "nothing is left".
"""

from __future__ import annotations

# $1 is the word. Prints the process groups of others in which a process has it in its command line.
_GROUPS = (
    'group() { read -r line <"/proc/$1/stat" && set -- ${line##*) } && echo "$3"; };'
    ' [ -r /proc/self/stat ] || { echo "there is no /proc" >&2; exit 2; }; own=$(group $$);'
    ' groups() { for file in $(command -p grep -lsF -e "$1" /proc/[0-9]*/cmdline); do'
    ' file=${file#/proc/}; found=$(group "${file%/cmdline}") && [ "$found" != "$own" ] && echo "$found";'
    " done 2>/dev/null; };"
)

KILL = f'{_GROUPS} for found in $(groups "$1"); do kill -KILL "-$found"; done 2>/dev/null; exit 0'
"""Ends them. Exit status 0 when none is left; else it says why that is not known."""

IS_RUNNING = f'{_GROUPS} [ -n "$(groups "$1")" ]'
"""Exit status 0 when there are some, 1 when there are none; else it says why that is not known."""
