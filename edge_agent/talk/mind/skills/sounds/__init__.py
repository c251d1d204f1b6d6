"""The sound of a grammar: which of its sentences is nearest to what was heard.

phones      the sounds of English, and how alike they are
pronounce   a word → its phones, by a dictionary and by rule
heard       a text → its phones, and where in it each stands
words       a grammar → the graph of its words, without listing a sentence
parse       that graph and phones → the nearest sentence, by weighted edit distance
"""
