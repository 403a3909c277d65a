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
filter   the line in which words are typed                                    textual
dialogs  questions before something is done                                   textual
changes  what became of that, in words                                        textual
keys     what each does, and the page that tells of them                      textual
app      the screen, and who asks when                                        textual
terminal what is drawn on, which may go away                                  textual
command  the words on the command line                                        terminal
web/     the same as a page in a browser                                      network
======== ==================================================================== ========
"""
