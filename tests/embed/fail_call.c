/* For survive.py: the call number FAIL_NUMBER of FAIL_CALL (write, fsync, linkat, mkdir, unlink) fails with FAIL_ERROR. With
   FAIL_COUNT=FILE the calls of each kind are counted there instead. Loaded by LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { kWrite, kFsync, kLinkat, kMkdir, kUnlink, kCalls };
static const char* const kNames[kCalls] = {"write", "fsync", "linkat", "mkdir", "unlink"};
static int counts[kCalls];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int fails(int call) {
  const char* name = getenv("FAIL_CALL");
  const char* number = getenv("FAIL_NUMBER");
  const char* error = getenv("FAIL_ERROR");
  int here;
  pthread_mutex_lock(&mutex);
  here = ++counts[call];
  pthread_mutex_unlock(&mutex);
  if (name == NULL || number == NULL || error == NULL) return 0;
  if (strcmp(name, kNames[call]) != 0 || here != atoi(number)) return 0;
  errno = atoi(error);
  return 1;
}

__attribute__((destructor)) static void report(void) {
  const char* path = getenv("FAIL_COUNT");
  FILE* file = path == NULL ? NULL : fopen(path, "w");
  int call;
  if (file == NULL) return;
  for (call = 0; call < kCalls; ++call) fprintf(file, "%s %d\n", kNames[call], counts[call]);
  fclose(file);
}

ssize_t write(int fd, const void* data, size_t size) {
  static ssize_t (*next)(int, const void*, size_t);
  if (next == NULL) next = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  return fd > 2 && fails(kWrite) ? -1 : next(fd, data, size);
}
int fsync(int fd) {
  static int (*next)(int);
  if (next == NULL) next = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return fails(kFsync) ? -1 : next(fd);
}
int linkat(int from, const char* path, int to, const char* target, int flags) {
  static int (*next)(int, const char*, int, const char*, int);
  if (next == NULL) next = (int (*)(int, const char*, int, const char*, int))dlsym(RTLD_NEXT, "linkat");
  return fails(kLinkat) ? -1 : next(from, path, to, target, flags);
}
int mkdir(const char* path, mode_t mode) {
  static int (*next)(const char*, mode_t);
  if (next == NULL) next = (int (*)(const char*, mode_t))dlsym(RTLD_NEXT, "mkdir");
  return fails(kMkdir) ? -1 : next(path, mode);
}
int unlink(const char* path) {
  static int (*next)(const char*);
  if (next == NULL) next = (int (*)(const char*))dlsym(RTLD_NEXT, "unlink");
  return fails(kUnlink) ? -1 : next(path);
}
