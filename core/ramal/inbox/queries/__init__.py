"""Reading the inbox: lists, threads, counts, search. Nothing here writes."""
