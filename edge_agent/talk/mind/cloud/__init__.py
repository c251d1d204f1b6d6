"""The cloud: a model that somebody else runs, asked only when the owner has named one.

client      one provider over the network: words out as they come, really closed when nobody wants them any more
words       the words of one answer, as far as they may be said               pure
failures    what can go wrong with a provider, and what follows from each
breaker     whether a provider is worth asking now                            pure
providers   which one is asked next, and what is known of each                pure
budget      what may be spent in a day, and what was                          pure, and a small file
outgoing    the one place through which everything passes that leaves         pure
cloud       all of these together: an answer from whichever provider has one
race        who is heard, the cloud or the device, and what is said meanwhile pure
holding     what is said meanwhile                                            pure
"""
