"""``drmaa-cli top``: a live view of the user's jobs.

======== ==================================================================== ========
module   what                                                                 effects
======== ==================================================================== ========
model    jobs and tasks as they are shown                                     none
view     which of them are shown, in which order                              none
layout   their lines, as wide as the terminal                                 none
survey   one query for all, the sessions' files; changes                      all
details  what is known of a job, as lines                                     none
follower a job's output as it grows                                           files
board    the list on the screen                                               textual
panes    what is shown of one job: all that is known, why, its output         textual
dialogs  questions before something is done; the keys                         textual
app      the screen, and who asks when                                        textual
command  the words on the command line                                        terminal
======== ==================================================================== ========
"""
