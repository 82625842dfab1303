// What the parts of the first process have of each other.
#ifndef INIT_H
#define INIT_H
#include <sys/resource.h>

// init.c
// Says one sentence, with the system's reason where `error` is errno and not 0, and ends with the code for our failures.
_Noreturn void fail(const char *what, const char *subject, int error);
// Whether the text begins with a plain decimal number, up to `end`.
int to_number(const char *text, char end, rlim_t *value);

// relay.c
// A connection to a Unix socket, or -1 and errno. `flags`: those of socket().
int dial(const char *path, int flags);
// Whether errno of a read or write only says: not now.
int would_wait(void);
// Joins input and output with a socket until both directions have ended.
int connect_to(const char *path);
// `text`: PORT=SOCKET.
void add_forward(const char *text);
// Serves all that have been added, by a process of its own, which does not keep `control` open.
void start_forwards(int control);

// apart.c
// Makes the kernel answer as one without keyrings; -1 and errno where it does not.
int refuse_keyrings(void);
// Where the kernel can.
void keep_from_abstract_sockets(void);

#endif
