rule all:
    input: "named.txt", expand("second/{n}.txt", n=[1, 2])

rule first:
    output: "first/{n}.txt"
    group: "pair"
    shell: "echo $JOB_ID > {output}"

rule second:
    input: "first/{n}.txt"
    output: "second/{n}.txt"
    group: "pair"
    shell: "test \"$(cat {input})\" = $JOB_ID && echo same > {output}"

rule named:
    output: "named.txt"
    threads: 2
    resources: sge_native="-p -3", sge_h_rt=77, runtime=9
    shell: "echo $JOB_NAME $NSLOTS $GREETING > {output}"

rule never:
    output: "never.txt"
    shell: "echo $JOB_ID > started.txt; sleep 300"

rule refused:
    output: "refused.txt"
    resources: sge_queue="no_such_queue", sge_native="-w e"
    shell: "echo > {output}"

rule killed:
    output: "killed.txt"
    shell: "echo last words; kill -9 $PPID; sleep 1"

rule fewer:
    output: "fewer.txt"
    threads: lambda wildcards, attempt: 5000 if attempt == 1 else 1
    shell: "echo {threads} > {output}"
