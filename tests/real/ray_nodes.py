"""A Ray cluster of two nodes on this machine, each with one GPU that is none; run as a program.

It prints the address of its head and ends with its standard input.
"""

import sys

from ray.cluster_utils import Cluster

NODE = {"num_cpus": 1, "num_gpus": 1, "object_store_memory": 100 * 2**20, "include_dashboard": False}


def main() -> None:
    """Run the cluster."""
    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    cluster.add_node(**NODE)
    print(cluster.address, flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main()
