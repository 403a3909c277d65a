#!/usr/bin/env bats
# fake-sge run -- bats examples/ci/count_words.bats

setup() {
    pipeline=$(cd "$(dirname "$BATS_TEST_FILENAME")" && pwd)/count_words.sh
    work=$(mktemp -d)
    cd "$work"
}

teardown() {
    rm -rf "$work"
}

@test "the words of two files are added up" {
    echo one two > a
    echo three > b
    run "$pipeline" a b
    [ "$status" -eq 0 ]
    [ "$output" = 3 ]
}

@test "a file that is missing makes it fail, and the log says which" {
    echo one > a
    run "$pipeline" a missing
    [ "$status" -eq 1 ]
    grep -x "missing cannot be read" counted/count.sh.o*
}
