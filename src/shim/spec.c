/* Reads what to run: four bytes of length (little endian), then strings that end in NUL, each with
 * a letter in front that says what it is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim.h"

enum { kSpecMax = 8 << 20 };

static int refuse(struct failure* failure, const char* stage, int error) {
  snprintf(failure->stage, sizeof failure->stage, "%s", stage);
  failure->error = error;
  return -1;
}

static int read_all(int fd, char* to, size_t length) {
  while (length > 0) {
    ssize_t n = read(fd, to, length);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (n == 0) errno = EPIPE;
      return -1;
    }
    to += n;
    length -= (size_t)n;
  }
  return 0;
}

/* The strings of one letter as a list that ends in NULL; the lists live after the text. */
static char** strings_of(const struct spec* spec, size_t text, char letter, char** list) {
  for (size_t at = 0; at < text; at += strlen(spec->memory + at) + 1) {
    if (spec->memory[at] == letter) *list++ = spec->memory + at + 1;
  }
  *list++ = NULL;
  return list;
}

static int count(char** list) {
  int n = 0;
  while (list[n] != NULL) ++n;
  return n;
}

static void take_settings(struct spec* spec, size_t text) {
  for (size_t at = 0; at < text; at += strlen(spec->memory + at) + 1) {
    const char* value = spec->memory + at + 1;
    switch (spec->memory[at]) {
      case 'w':
        spec->workdir = value;
        break;
      case 'f':
        spec->append_file = value;
        break;
      case 'b':
        spec->log_bytes = strtoull(value, NULL, 10);
        break;
      case 'k':
        spec->keep_running = 1;
        break;
      case 'o':
        sscanf(value, "%d %llu", &spec->adopt, &spec->adopt_start);
        break;
      case 't':
        spec->take_from = (pid_t)atoi(value);
        break;
      default:
        break;
    }
  }
}

int read_spec(int fd, struct spec* spec, struct failure* failure) {
  unsigned char head[4];
  if (read_all(fd, (char*)head, sizeof head) != 0) return refuse(failure, "read the spec", errno);
  size_t text = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
  if (text == 0 || text > kSpecMax) return refuse(failure, "read the spec", EMSGSIZE);
  /* Each string takes at least two bytes of text, so the lists of pointers fit in this. */
  size_t lists = (text + 15) / 16 * 16;
  spec->size = lists + (text / 2 + 8) * sizeof(char*);
  spec->memory = mmap(NULL, spec->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (spec->memory == MAP_FAILED) return refuse(failure, "hold the spec", ENOMEM);
  if (read_all(fd, spec->memory, text) != 0) return refuse(failure, "read the spec", errno);
  if (spec->memory[text - 1] != 0) return refuse(failure, "read the spec", EBADMSG);
  for (size_t at = 0; at < text; at += strlen(spec->memory + at) + 1) {
    if (spec->memory[at] == 0) return refuse(failure, "read the spec", EBADMSG);
  }

  spec->log_bytes = 8 << 20;
  take_settings(spec, text);
  spec->argv = (char**)(void*)(spec->memory + lists);
  spec->env = strings_of(spec, text, 'a', spec->argv);
  char** listen = strings_of(spec, text, 'e', spec->env);
  strings_of(spec, text, 'l', listen);
  spec->listen = (const char**)listen;
  spec->listen_count = count(listen);
  if (spec->argv[0] == NULL) return refuse(failure, "read the spec (no program)", EINVAL);
  if (spec->listen_count > kListeners) return refuse(failure, "listen", EMFILE);
  if (spec->log_bytes < 4096) spec->log_bytes = 4096;
  return 0;
}

/* A child that will not be started again needs none of it: its secrets leave this memory. */
void forget_spec(struct spec* spec) {
  explicit_bzero(spec->memory, spec->size);
  munmap(spec->memory, spec->size);
  spec->memory = NULL;
  spec->argv = spec->env = NULL;
  spec->listen = NULL;
  spec->workdir = spec->append_file = NULL;
}
