#!/bin/sh
# A pipeline of nothing but qsub and a shell: counts the words of each file in a task of its own, then adds them up.
#   count_words.sh FILE...    prints the sum; exits with what the last job exits with
set -eu
here=$(pwd)
rm -rf counted
mkdir counted
printf '%s\n' "$@" > counted/files

cat > counted/count.sh <<'END'
set -e
file=$(sed -n "${SGE_TASK_ID}p" counted/files)
if ! test -r "$file"; then echo "$file cannot be read"; exit 3; fi
wc -w < "$file" > "counted/$SGE_TASK_ID.words"
END
cat > counted/sum.sh <<END
set -e
test "\$(ls counted/*.words | wc -l)" -eq $#
cat counted/*.words | awk '{ sum += \$1 } END { print sum }' > counted/sum
END

options="-wd $here -o $here/counted -j y -S /bin/sh"
array=$(qsub -terse $options -t "1-$#" counted/count.sh)
qsub -sync y $options -hold_jid "${array%%.*}" counted/sum.sh > counted/said
cat counted/sum
