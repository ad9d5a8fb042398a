/* The unix socket: one packet asks, one packet answers. A packet is a word and its arguments, each
 * ended by NUL: status, signal N, listen ADDRESS, replace SIGNAL ARGV…, end, watch. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim.h"

enum { kPacket = 192 * 1024, kArguments = 4096 };

static void drop(struct client* client) {
  close(client->fd);
  client->fd = -1;
  client->watching = client->wants_end = 0;
}

static void say(struct client* client, const char* text) {
  if (send(client->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) drop(client);
}

static void say_failure(struct client* client, const char* stage, int error) {
  char text[256];
  snprintf(text, sizeof text, "error %d %s", error, stage);
  say(client, text);
}

void accept_client(struct shim* shim) {
  int fd = accept4(shim->door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  for (int i = 0; i < kClients; ++i) {
    if (shim->clients[i].fd >= 0) continue;
    shim->clients[i] = (struct client){.fd = fd};
    return;
  }
  close(fd);
}

static void tell_status(const struct shim* shim, struct client* client) {
  char text[512], ended[16] = "-";
  pid_t child = shim->taken_back ? 0 : shim->child;
  if (shim->child == 0 && shim->has_exit && !shim->taken_back)
    snprintf(ended, sizeof ended, "%d", shim->exit_status);
  snprintf(
      text, sizeof text,
      "ok\nshim %d\nchild %d\nexit %s\nstarts %u\nstarted_us %lld\ndown_us %lld\ndropped %llu\n",
      (int)getpid(), (int)child, ended, shim->starts, (long long)shim->started_us,
      (long long)shim->down_us, (unsigned long long)shim->dropped);
  say(client, text);
}

static void pass_signal(struct shim* shim, struct client* client, const char* number) {
  int signal_number = atoi(number);
  if (shim->child == 0 || kill(-shim->child, signal_number) != 0) {
    say_failure(client, "signal", shim->child == 0 ? ESRCH : errno);
    return;
  }
  if (signal_number != 0) shim->asked = 1;
  say(client, "ok");
}

static void add_listener(struct shim* shim, struct client* client, const char* address) {
  char text[32];
  int fd = shim->socket_count < kListeners ? open_listener(address) : -1;
  if (fd < 0) {
    say_failure(client, "listen", shim->socket_count < kListeners ? errno : EMFILE);
    return;
  }
  shim->sockets[shim->socket_count] = fd;
  snprintf(text, sizeof text, "ok %d", kFirstListener + shim->socket_count);
  shim->socket_count += 1;
  say(client, text);
}

/* The new list lives until the shim ends; it is small and comes seldom. */
static char** copy_list(char** list, int count) {
  char** copy = calloc((size_t)count + 1, sizeof *copy);
  for (int i = 0; copy != NULL && i < count; ++i) copy[i] = strdup(list[i]);
  return copy;
}

static void replace_child(struct shim* shim, struct client* client, char** arguments, int count) {
  int leave = atoi(arguments[0]);
  char** argv = copy_list(arguments + 1, count - 1);
  if (argv == NULL || !shim->spec.keep_running) {
    say_failure(client, "replace", argv == NULL ? ENOMEM : EPERM);
    return;
  }
  pid_t old = shim->child;
  int64_t died = wall_us();
  if (leave == 0 && old > 0) {
    kill(-old, SIGKILL);
    waitpid(old, NULL, 0);
    shim->child = 0;
  }
  struct failure failure = {{0}, 0};
  if (start_child(shim, argv, &failure) != 0) {
    if (shim->child == 0) {
      shim->restart_at_ms = monotonic_ms();
    } else {
      write_pids(shim->child);
    }
    say_failure(client, failure.stage, failure.error);
    return;
  }
  shim->spec.argv = argv;
  shim->restart_at_ms = 0;
  shim->down_us = leave == 0 ? shim->started_us - died : 0;
  if (leave != 0 && old > 0) kill(-old, leave);
  char text[64];
  snprintf(text, sizeof text, "restart %d %lld", (int)shim->child, (long long)shim->down_us);
  tell_watchers(shim, text);
  say(client, "ok");
}

static void obey(struct shim* shim, struct client* client, char** words, int count) {
  const char* verb = words[0];
  if (strcmp(verb, "status") == 0) {
    tell_status(shim, client);
  } else if (strcmp(verb, "signal") == 0 && count == 2) {
    pass_signal(shim, client, words[1]);
  } else if (strcmp(verb, "listen") == 0 && count == 2) {
    add_listener(shim, client, words[1]);
  } else if (strcmp(verb, "replace") == 0 && count >= 3) {
    replace_child(shim, client, words + 1, count - 1);
  } else if (strcmp(verb, "watch") == 0) {
    client->watching = 1;
    say(client, "ok");
  } else if (strcmp(verb, "end") == 0) {
    client->wants_end = 1;
    shim->ending = 1;
    shim->restart_at_ms = 0;
    if (shim->child > 0) kill(-shim->child, SIGKILL);
  } else {
    say_failure(client, "command", EINVAL);
  }
}

void serve_client(struct shim* shim, struct client* client) {
  static char packet[kPacket + 1];
  static char* words[kArguments];
  ssize_t n = recv(client->fd, packet, kPacket, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    drop(client);
    return;
  }
  packet[n] = 0;
  int count = 0;
  for (ssize_t at = 0; at < n && count < kArguments; at += (ssize_t)strlen(packet + at) + 1) {
    words[count++] = packet + at;
  }
  obey(shim, client, words, count);
}

void tell_watchers(struct shim* shim, const char* text) {
  for (int i = 0; i < kClients; ++i) {
    struct client* client = &shim->clients[i];
    if (client->fd >= 0 && client->watching) say(client, text);
  }
}

void answer_ended(struct shim* shim) {
  for (int i = 0; i < kClients; ++i) {
    struct client* client = &shim->clients[i];
    if (client->fd >= 0 && client->wants_end) say(client, "ok");
  }
}
