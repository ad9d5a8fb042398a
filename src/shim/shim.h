/* slipway-shim: the parent of one process. It decides nothing: it holds the process's output, exit
 * status and listening sockets, and does what it is told over a socket, with or without an agent.
 *
 * Its folder is its working directory: pid, lock, sock, exit, out.log, out.log.1 are written there;
 * `spec` is the agent's. The environment comes by the socket given as descriptor 0 and is nowhere
 * on disk. */
#ifndef SLIPWAY_SHIM_H
#define SLIPWAY_SHIM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { kClients = 32, kListeners = 1024, kFirstListener = 10, kAppendFd = 9, kUnknownExit = 255 };

/* What it was told to run. All strings point into `memory`. */
struct spec {
  char* memory;
  size_t size;
  char** argv;
  char** env;
  const char* workdir;
  const char* append_file; /* NULL: none */
  const char** listen;
  int listen_count;
  uint64_t log_bytes;
  int keep_running;
  pid_t adopt; /* a process whose shim was killed: it is guarded instead of a new one; 0: none */
  unsigned long long adopt_start; /* against recycled numbers */
  pid_t take_from;                /* whose descriptors 9, 10, … are taken over; 0: nobody's */
};

/* Where something failed, and why. */
struct failure {
  char stage[160];
  int error;
};

struct client {
  int fd;        /* -1: free */
  int watching;  /* gets an event when the child ends or restarts */
  int wants_end; /* answered when nothing is left */
};

struct shim {
  struct spec spec;
  int sockets[kListeners];
  int socket_count;
  int append_fd;
  int door;  /* the unix socket */
  int agent; /* who started this, until it said that it knows; then -1 */
  int signals;
  int output[2];
  int log_fd;
  uint64_t log_size;
  uint64_t dropped; /* output bytes that the disk did not take */
  struct client clients[kClients];

  pid_t child;               /* 0: none */
  int child_handle;          /* of an adopted child, which is not ours to wait for; else -1 */
  pid_t group;               /* of the newest child; others of it may outlive the child */
  int asked;                 /* a signal was passed on: the end that follows is not a crash */
  int ending;                /* `end`: everything is killed */
  int taken_back;            /* nobody knows of its start, and nobody is told of its end */
  int has_exit, exit_status; /* of the newest child: code, or -signal */
  uint32_t starts;
  int64_t started_us, ended_us, down_us; /* wall clock */
  int64_t born_ms, died_ms;              /* monotonic */
  int64_t restart_at_ms;                 /* 0: no restart is due */
  int backoff_ms;
};

/* spec.c */
int read_spec(int fd, struct spec* spec, struct failure* failure);
void forget_spec(struct spec* spec);

/* sockets.c */
int open_listener(const char* address);
int take_descriptor(pid_t pid, int number);
int open_door(void);

/* files.c */
int64_t monotonic_ms(void);
int64_t wall_us(void);
unsigned long long start_time(pid_t pid); /* of /proc/PID/stat, clock ticks since boot; 0: gone */
int write_file(const char* name, const char* text, size_t length);
int write_pids(pid_t child);
int write_exit(const struct shim* shim);
int open_log(struct shim* shim);
void take_output(struct shim* shim);

/* child.c */
int start_child(struct shim* shim, char** argv, struct failure* failure);
int adopt_child(struct shim* shim, struct failure* failure);
void reap(struct shim* shim);
int group_lives(const struct shim* shim);
int anything_left(void);
void kill_rest(void);

/* door.c */
void accept_client(struct shim* shim);
void serve_client(struct shim* shim, struct client* client);
void tell_watchers(struct shim* shim, const char* text);
void answer_ended(struct shim* shim);

#endif
