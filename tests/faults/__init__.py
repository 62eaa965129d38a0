"""The delivery checker: two gateways, real servers, a proxy on every link, and somebody who breaks things.

    python -m tests.faults.run --seed 7 -v      one seed, told as it happens; the same seed repeats its schedule
    make soak SEEDS=100 START=1                  many, resumed after an interruption

`world` holds the processes, `proxy` the links, `client` what one client sent and heard, `work` what clients want,
`schedule` and `nemesis` the faults, `check` the verdict. Nothing here trusts the product: the verdict is drawn from
what went over the sockets and what stands in the database.
"""
