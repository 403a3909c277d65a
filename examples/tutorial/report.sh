#!/bin/sh
# The tutorial's job. Usage: report.sh SECONDS EXIT_STATUS [WORD ...]
# Says which task it is and what it was given, works for a while, and ends with the status asked for.
seconds=$1 status=$2
shift 2
echo "$JOB_NAME, task $SGE_TASK_ID: $# words: $*"
sleep "$seconds"
exit "$status"
