"""The benchmark: end-to-end `team.say` on the real server, beside a naive one, by a load whose own cost is known."""
