/* The loop: output, signals, clients. See shim.h for what this program is. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

static struct shim shim;

/* The agent waits for one line: "ok SHIM CHILD" or "error ERRNO STAGE". After "ok" it sends a byte.
 */
static void answer(const char* text) {
  ssize_t ignored = send(0, text, strlen(text), MSG_NOSIGNAL);
  (void)ignored;
}

/* Before the folder is ours nothing may be touched, there or where the agent was started. */
static int turn_down(const struct failure* failure) {
  char text[256];
  snprintf(text, sizeof text, "error %d %s", failure->error, failure->stage);
  answer(text);
  return 1;
}

/* The answer comes last: whoever hears it may remove the folder. */
static int give_up(const struct failure* failure) {
  unlink("sock");
  unlink("pid");
  return turn_down(failure);
}

static int fail_at(struct failure* failure, const char* stage) {
  failure->error = errno;
  snprintf(failure->stage, sizeof failure->stage, "%s", stage);
  return -1;
}

/* One shim a folder, held by a lock that ends with the process. */
static int take_folder(const char* directory, struct failure* failure) {
  if (chdir(directory) != 0) return fail_at(failure, "folder");
  int lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fail_at(failure, "lock");
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) return fail_at(failure, "lock");
  unlink("exit");
  return 0;
}

static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_SETMASK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int open_inheritance(struct failure* failure) {
  const struct spec* spec = &shim.spec;
  pid_t from = spec->take_from;
  for (int i = 0; i < spec->listen_count; ++i) {
    int fd = from > 0 ? take_descriptor(from, kFirstListener + i) : open_listener(spec->listen[i]);
    if (fd < 0) {
      failure->error = errno;
      snprintf(failure->stage, sizeof failure->stage, "listen %.120s", spec->listen[i]);
      return -1;
    }
    shim.sockets[shim.socket_count++] = fd;
  }
  shim.append_fd = -1;
  if (spec->append_file == NULL) return 0;
  /* Taken over it has the position at which the other one goes on writing. */
  if (from > 0) {
    shim.append_fd = take_descriptor(from, kAppendFd);
    return shim.append_fd < 0 ? fail_at(failure, "append file") : 0;
  }
  shim.append_fd = open(spec->append_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (shim.append_fd < 0) return fail_at(failure, "append file");
  /* HAProxy sets its own flags on the descriptor and so takes O_APPEND away: from then on rows go
     to the shared position, which has to begin behind what an earlier proxy wrote. */
  return lseek(shim.append_fd, 0, SEEK_END) < 0 ? fail_at(failure, "append file") : 0;
}

static int set_up(struct failure* failure) {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  raise_file_limit();
  for (int i = 0; i < kClients; ++i) shim.clients[i].fd = -1;
  shim.child_handle = -1;
  shim.signals = open_signals();
  if (shim.signals < 0) return fail_at(failure, "signals");
  if (open_inheritance(failure) != 0) return -1;
  if (pipe2(shim.output, O_CLOEXEC) != 0) return fail_at(failure, "output");
  /* The child's end blocks as any pipe does; 1 MiB rides over a slow disk. */
  fcntl(shim.output[0], F_SETFL, O_NONBLOCK);
  fcntl(shim.output[1], F_SETPIPE_SZ, 1 << 20);
  if (open_log(&shim) != 0) return fail_at(failure, "out.log");
  shim.door = open_door();
  if (shim.door < 0) return fail_at(failure, "sock");
  if (shim.spec.adopt > 0) return adopt_child(&shim, failure);
  return start_child(&shim, shim.spec.argv, failure);
}

static void take_signals(void) {
  struct signalfd_siginfo info;
  while (read(shim.signals, &info, sizeof info) == (ssize_t)sizeof info) {
    if (info.ssi_signo != SIGTERM) continue;
    /* The machine goes down: as if the agent had asked, and no restart. */
    shim.spec.keep_running = 0;
    shim.restart_at_ms = 0;
    shim.asked = 1;
    if (shim.child > 0) kill(-shim.child, SIGTERM);
  }
}

/* A child that lives long is started again at once; one that dies again and again waits
 * 10 ms, 20 ms, … up to 1 s. */
static void plan_restart(void) {
  if (shim.died_ms - shim.born_ms >= 1000) shim.backoff_ms = 0;
  shim.restart_at_ms = shim.died_ms + shim.backoff_ms;
  shim.backoff_ms = shim.backoff_ms == 0 ? 10 : shim.backoff_ms * 2;
  if (shim.backoff_ms > 1000) shim.backoff_ms = 1000;
}

static void restart(void) {
  struct failure failure;
  char text[256];
  shim.restart_at_ms = 0;
  if (start_child(&shim, shim.spec.argv, &failure) != 0) {
    int n = snprintf(text, sizeof text, "slipway-shim: %s: %s\n", failure.stage,
                     strerror(failure.error));
    ssize_t ignored = write(shim.log_fd, text, (size_t)n);
    (void)ignored;
    shim.born_ms = shim.died_ms = monotonic_ms();
    plan_restart();
    return;
  }
  shim.down_us = shim.started_us - shim.ended_us;
  snprintf(text, sizeof text, "restart %d %lld", (int)shim.child, (long long)shim.down_us);
  tell_watchers(&shim, text);
}

/* 1: nothing is left and the exit status is on disk, for who knew of the start. */
static int settle(void) {
  pid_t before = shim.child;
  reap(&shim);
  if (shim.child > 0) return 0;
  if (shim.spec.keep_running && !shim.ending) {
    if (before > 0) plan_restart();
    if (shim.restart_at_ms > 0 && monotonic_ms() >= shim.restart_at_ms) restart();
    return 0;
  }
  /* Whoever heard the signal may finish; those outside the group never heard it. */
  if (shim.ending || !shim.asked || !group_lives(&shim)) kill_rest();
  reap(&shim);
  if (anything_left()) return 0;
  take_output(&shim);
  if (!shim.taken_back) write_exit(&shim);
  unlink("sock");
  unlink("pid");
  char text[32];
  snprintf(text, sizeof text, "exit %d", shim.exit_status);
  tell_watchers(&shim, text);
  answer_ended(&shim);
  return 1;
}

/* An agent that went away or lost patience before it knew of this start believes that it failed, so
 * it must not stand. */
static void hear_agent(void) {
  char byte;
  ssize_t n = recv(shim.agent, &byte, 1, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  close(shim.agent);
  shim.agent = -1;
  if (n == 1 || shim.child_handle >= 0) return; /* an adopted child stood before this shim */
  shim.ending = shim.taken_back = 1;
  shim.restart_at_ms = 0;
  if (shim.child > 0) kill(-shim.child, SIGKILL);
}

static int patience(void) {
  if (shim.restart_at_ms > 0) {
    int64_t left = shim.restart_at_ms - monotonic_ms();
    return left < 0 ? 0 : (int)left;
  }
  /* What is being killed, or finishing, is looked for again until it is gone. */
  return shim.ending || shim.child == 0 ? 10 : -1;
}

static void loop(void) {
  struct pollfd fds[5 + kClients];
  while (!settle()) {
    fds[0] = (struct pollfd){.fd = shim.signals, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = shim.output[0], .events = POLLIN};
    fds[2] = (struct pollfd){.fd = shim.door, .events = POLLIN};
    fds[3] = (struct pollfd){.fd = shim.agent, .events = POLLIN};
    fds[4] = (struct pollfd){.fd = shim.child_handle, .events = POLLIN};
    for (int i = 0; i < kClients; ++i) {
      fds[5 + i] = (struct pollfd){.fd = shim.clients[i].fd, .events = POLLIN};
    }
    if (poll(fds, 5 + kClients, patience()) < 0) continue;
    if (fds[0].revents) take_signals();
    if (fds[1].revents) take_output(&shim);
    if (fds[3].revents) hear_agent();
    for (int i = 0; i < kClients; ++i) {
      if (fds[5 + i].fd >= 0 && fds[5 + i].revents) serve_client(&shim, &shim.clients[i]);
    }
    if (fds[2].revents) accept_client(&shim);
  }
}

int main(int argc, char** argv) {
  static struct failure failure;
  if (argc != 2) {
    fprintf(stderr, "slipway-shim is started by slipway: slipway-shim FOLDER < SPEC\n");
    return 2;
  }
  close_range(3, ~0U, 0);
  if (read_spec(0, &shim.spec, &failure) != 0) return turn_down(&failure);
  pid_t pid = fork();
  if (pid < 0) {
    fail_at(&failure, "fork");
    return turn_down(&failure);
  }
  if (pid > 0) _exit(0);
  setsid();
  if (take_folder(argv[1], &failure) != 0) return turn_down(&failure);
  if (set_up(&failure) != 0) return give_up(&failure);
  if (!shim.spec.keep_running) forget_spec(&shim.spec);
  char text[64];
  snprintf(text, sizeof text, "ok %d %d", (int)getpid(), (int)shim.child);
  answer(text);
  shim.agent = fcntl(0, F_DUPFD_CLOEXEC, 3);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3 && null >= 0; ++fd) dup2(null, fd);
  loop();
  return 0;
}
