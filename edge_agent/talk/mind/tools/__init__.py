"""What the agent can do: one kind of tool, whatever it comes from.

tool      what a tool, a call and an outcome are
skill     a typed function of the owner's → a tool
policy    what may be called when, and by whom
consent   the question before what can't be taken back, and what counts as a yes
toolbox   all tools by name; one turn's calls, which never raise
ahead     a call that only reads, made while the words for it are still being spoken
calls     how the model on this device is asked for a call
read_out  data that a tool found, in words to say
sources   tools from elsewhere: `mcp_servers`, and `services` by their `openapi` documents; `offered` cuts them down
"""
