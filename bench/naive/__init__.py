"""The same chat as somebody would write it on a first day: ordinary code from the libraries' own tutorials, nothing clever."""
