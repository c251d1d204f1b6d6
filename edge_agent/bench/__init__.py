"""What measures the agent on recordings that anybody may bring.

recordings.py   the folders, their manifests and their sounds
wer.py          how many words were heard wrong
stt.py          speech to text: accuracy and time, short window against full
latency.py      how soon it answers, in a simulated room
peer.py         the same for another agent, in a process and an environment of its own (peers/)
"""
