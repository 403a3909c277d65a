"""nipype: a workflow of functions whose nodes are jobs of the SGE plugin."""

import sys
from pathlib import Path

import nipype
from nipype import Function, Node, Workflow


def square(number):
    import os  # noqa: PLC0415 only the text of the function reaches the job

    assert os.environ["JOB_NAME"].startswith("first.flow.")
    return number * number


def root(number):
    if number < 0:
        raise ValueError(f"no square root of {number}")
    return int(number**0.5)


def main(what):
    where = str(Path.cwd())
    nipype.config.update_config(
        {"execution": {"poll_sleep_duration": "0.5", "job_finished_timeout": "20", "crashdump_dir": where}}
    )
    first = Node(Function(["number"], ["out"], square), name="first")
    second = Node(Function(["number"], ["out"], root), name="second")
    first.inputs.number = 7
    workflow = Workflow(name="flow", base_dir=where)
    if what == "good":
        workflow.connect(first, "out", second, "number")
    else:
        second.inputs.number = -5
        workflow.add_nodes([first, second])
    try:
        graph = workflow.run(
            plugin="SGE", plugin_args={"qsub_args": "-w e", "dont_resubmit_completed_jobs": True}
        )
    except RuntimeError as error:
        print("failed", "second" in str(error), "no square root of -5" in str(error))
        return
    print(sorted((node.name, node.result.outputs.out) for node in graph.nodes()))


if __name__ == "__main__":
    main(sys.argv[1])
