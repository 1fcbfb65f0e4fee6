/*
 * The stage on which a scenario is performed: processes of a real kernel that do, one at a time, what they are told.
 *
 * The supervisor (this program, outside) makes one process in a new pid namespace, number 1, and hands out one command
 * at a time, read from its standard input. All others descend from number 1 and are "workers": each waits on a slot of
 * its own in shared memory, performs the system call that stands there, writes down what it returned, and waits again.
 * After each command the supervisor reads /proc of that namespace and prints what has changed. README.md describes both
 * sides of the conversation; recorder.js holds the other end.
 *
 * Why the order of events is total. Supervisor and workers share one processor. Workers have a real-time priority, the
 * supervisor has none: so it runs only when every worker has gone to sleep or has finished dying, its number given back
 * included. Beside that, it waits until no worker is runnable and none has a command unanswered.
 *
 * No worker touches a process that is not a descendant of number 1: there is none in its namespace. When the supervisor
 * ends, for whatever reason, number 1 is killed (PR_SET_PDEATHSIG), and the kernel kills everybody in the namespace.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_fsopen
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif
#ifndef NS_GET_PARENT
#define NS_GET_PARENT _IO(0xb7, 0x2)
#endif
#ifndef NS_GET_PID_FROM_PIDNS
#define NS_GET_PID_FROM_PIDNS _IOR(0xb7, 0x6, int)
#define NS_GET_TGID_FROM_PIDNS _IOR(0xb7, 0x7, int)
#define NS_GET_PID_IN_PIDNS _IOR(0xb7, 0x8, int)
#define NS_GET_TGID_IN_PIDNS _IOR(0xb7, 0x9, int)
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_send_signal 424
#define SYS_pidfd_open 434
#endif

enum {
  SLOTS = 3072,          // tasks of one scenario, dead ones included
  STACK_BYTES = 16384,   // of a thread
  LIST_MAX = 4096,       // numbers in one listing
  ARGS = 8,
  SHARED_FD = 900,       // where every worker, and what it executes, finds the shared memory
  NR_LIMIT = 4194304,
  SPUN_NS = 2000000,     // who has run for so long at its end will not come to it by itself
  SECONDS_MAX = 60,     // a scenario that takes longer is killed
};

/* The words of the protocol, in the order of `names`. */
enum op { NOOP, FORK, THREAD, UNSHARE, SETNS, EXEC, EXIT, EXITGROUP, WAIT, WAITID, SETSID, SETPGID, GETPGID, GETSID, IDS,
          LASTPID, PIDMAX, LIST, KILL, TGKILL, SIGCHLD_, SUBREAPER, SIGACTION, PIDFD, NSGET, OPS };
static const char *const names[OPS] = {
  "noop", "fork", "thread", "unshare", "setns", "exec", "exit", "exitgroup", "wait", "waitid", "setsid", "setpgid",
  "getpgid", "getsid", "ids", "lastpid", "pidmax", "list", "kill", "tgkill", "sigchld", "subreaper", "sigaction",
  "pidfd", "nsget" };

struct slot {
  uint32_t posted;       // futex: commands given
  uint32_t done;         // commands answered; equal to `posted` while the worker waits
  int32_t op;
  int32_t args;
  int64_t arg[ARGS];
  int64_t ret;           // what the system call returned, or -errno
  int64_t more[2];       // wait: status; ids: the other two numbers
};

struct shared {
  struct slot slots[SLOTS];
  uint32_t listed;
  int32_t list[LIST_MAX];
};

static struct shared *shared;
static char program[PATH_MAX];
// A thread runs on the stack of its slot; slots are never used twice, so neither is a stack, in any copy of this memory.
static char stacks[SLOTS][STACK_BYTES] __attribute__((aligned(64)));

static void fail(const char *what) {
  printf("! %s: %s\n", what, strerror(errno));
  fflush(stdout);
  _exit(1);
}

static int64_t result(long ret) { return ret < 0 ? -(int64_t)errno : ret; }

// ── workers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

static void work(int me) __attribute__((noreturn));

static int thread_main(void *slot) { work((int)(intptr_t)slot); }

/* fork slot flags exit_signal set_tid… : the child's slot comes with the command, and it waits there for its own. */
static int64_t do_fork(struct slot *s, int *me) {
  pid_t tid[ARGS];
  struct clone_args args = { .flags = (uint64_t)s->arg[1], .exit_signal = (uint64_t)s->arg[2] };
  for (int i = 3; i < s->args; i++) tid[i - 3] = (pid_t)s->arg[i];
  if (s->args > 3) {
    args.set_tid = (uint64_t)(uintptr_t)tid;
    args.set_tid_size = (uint64_t)(s->args - 3);
  }
  int child = (int)s->arg[0];
  long ret = syscall(SYS_clone3, &args, sizeof args);
  if (ret == 0) *me = child;
  return result(ret);
}

static int64_t do_thread(const struct slot *s) {
  int child = (int)s->arg[0];
  int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | (int)s->arg[1];
  return result(clone(thread_main, stacks[child] + STACK_BYTES, flags, (void *)(intptr_t)child));
}

/* /proc is a mount of the outermost namespace for everybody here, so the number is the one that it has there. */
static int64_t do_setns(const struct slot *s) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)s->arg[0]);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1000 - errno;
  int64_t ret = result(setns(fd, CLONE_NEWPID));
  close(fd);
  return ret;
}

/* exec slot: the leader's, which the program goes on with. */
static int64_t do_exec(const struct slot *s, int me) {
  char from[16], to[16];
  snprintf(from, sizeof from, "%d", me);
  snprintf(to, sizeof to, "%d", (int)s->arg[0]);
  char *const argv[] = { program, "--worker", from, to, NULL }, *const env[] = { NULL };
  return result(execve(program, argv, env));
}

/* Files below /proc/sys/kernel that mean the namespace of whoever opens them. With a value: write it; then read. */
static int64_t do_sysctl(const struct slot *s, const char *path) {
  char text[32];
  int fd = open(path, (s->args > 0 ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (fd < 0) return -1000 - errno;
  int64_t ret = 0;
  if (s->args > 0) {
    int length = snprintf(text, sizeof text, "%lld", (long long)s->arg[0]);
    ret = result(write(fd, text, (size_t)length));
  }
  if (ret >= 0) {
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    ret = result(length);
    if (length >= 0) {
      text[length] = 0;
      ret = atoll(text);
    }
  }
  close(fd);
  return ret;
}

/* What `ls /proc` shows in the worker's namespace, in that order, by a mount of its own that nobody else sees. */
static int64_t do_list(void) {
  struct entry { uint64_t ino; int64_t off; uint16_t bytes; uint8_t type; char name[]; };
  char buffer[4096];
  shared->listed = 0;
  int fs = (int)syscall(SYS_fsopen, "proc", 1 /* FSOPEN_CLOEXEC */);
  if (fs < 0) return result(fs);
  long ret = syscall(SYS_fsconfig, fs, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0);
  int mounted = ret < 0 ? -1 : (int)syscall(SYS_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, 0);
  int folder = mounted < 0 ? -1 : openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int64_t found = result(folder);
  while (folder >= 0 && (ret = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0)
    for (long at = 0; at < ret; at += ((struct entry *)(buffer + at))->bytes) {
      const char *name = ((struct entry *)(buffer + at))->name;
      if (isdigit((unsigned char)name[0]) && shared->listed < LIST_MAX) shared->list[shared->listed++] = atoi(name);
    }
  if (folder >= 0) found = shared->listed;
  if (folder >= 0) close(folder);
  if (mounted >= 0) close(mounted);
  close(fs);
  return found;
}

static int64_t do_wait(struct slot *s) {
  int status = 0;
  int64_t ret = result(syscall(SYS_wait4, (pid_t)s->arg[0], &status, (int)s->arg[1], NULL));
  s->more[0] = status;
  return ret;
}

/* With P_PIDFD the number is a process's, for which a pidfd is opened first. */
static int64_t do_waitid(struct slot *s) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int fd = -1;
  if (s->arg[0] == 3 /* P_PIDFD */ && (fd = (int)syscall(SYS_pidfd_open, (pid_t)s->arg[1], 0)) < 0) return result(fd);
  pid_t id = fd < 0 ? (pid_t)s->arg[1] : fd;
  int64_t ret = result(syscall(SYS_waitid, (int)s->arg[0], id, &info, (int)s->arg[2], NULL));
  if (fd >= 0) close(fd);
  s->more[0] = info.si_code;
  s->more[1] = info.si_status;
  return ret < 0 ? ret : info.si_pid;
}

static int64_t do_sigchld(const struct slot *s) {
  struct sigaction action = { .sa_handler = s->arg[0] ? SIG_IGN : SIG_DFL };
  return result(sigaction(SIGCHLD, &action, NULL));
}

static void handler(int signal) { (void)signal; }

/* sigaction signal what: 0 the default, 1 ignored, 2 handled by what does nothing. */
static int64_t do_sigaction(const struct slot *s) {
  struct sigaction action = { .sa_handler = s->arg[1] == 0 ? SIG_DFL : s->arg[1] == 1 ? SIG_IGN : handler };
  return result(sigaction((int)s->arg[0], &action, NULL));
}

/*
 * pidfd pid flags signal: opens one, which is the answer where it fails. Else it is the number that its fdinfo says, and beside it
 * what sending the signal returned.
 */
static int64_t do_pidfd(struct slot *s) {
  char path[64], text[1024], number[32];
  int fd = (int)syscall(SYS_pidfd_open, (pid_t)s->arg[0], s->arg[1] ? O_EXCL /* PIDFD_THREAD */ : 0);
  if (fd < 0) return result(fd);
  int self = open("/proc/thread-self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  snprintf(path, sizeof path, "%d", fd);
  int info = self < 0 ? -1 : openat(self, path, O_RDONLY | O_CLOEXEC);
  ssize_t length = info < 0 ? 0 : read(info, text, sizeof text - 1);
  text[length < 0 ? 0 : length] = 0;
  if (info >= 0) close(info);
  if (self >= 0) close(self);
  const char *at = strstr(text, "\nPid:");
  snprintf(number, sizeof number, "%s", at == NULL ? "-1001" : at + 5);
  s->more[0] = atoll(number);
  s->more[1] = result(syscall(SYS_pidfd_send_signal, fd, (int)s->arg[2], NULL, 0));
  close(fd);
  return 0;
}

/* nsget what task nr: NS_GET_PARENT (0; 0 where there is one to be had), or one of the four translations (1 to 4). */
static int64_t do_nsget(const struct slot *s) {
  static const unsigned long requests[] = { NS_GET_PARENT, NS_GET_PID_FROM_PIDNS, NS_GET_TGID_FROM_PIDNS,
                                            NS_GET_PID_IN_PIDNS, NS_GET_TGID_IN_PIDNS };
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)s->arg[1]);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1000 - errno;
  int64_t ret = result(ioctl(fd, requests[s->arg[0]], (int)s->arg[2]));
  if (s->arg[0] == 0 && ret >= 0) {
    close((int)ret);
    ret = 0;
  }
  close(fd);
  return ret;
}

/* Performs one command. In the child of a fork, `me` is another slot afterwards. */
static int64_t perform(struct slot *s, int *me) {
  switch (s->op) {
    case FORK: return do_fork(s, me);
    case THREAD: return do_thread(s);
    case UNSHARE: return result(unshare(CLONE_NEWPID));
    case SETNS: return do_setns(s);
    case EXEC: return do_exec(s, *me);
    case EXIT: syscall(SYS_exit, (int)s->arg[0]); return 0;
    case EXITGROUP: syscall(SYS_exit_group, (int)s->arg[0]); return 0;
    case WAIT: return do_wait(s);
    case WAITID: return do_waitid(s);
    case SETSID: return result(syscall(SYS_setsid));
    case SETPGID: return result(syscall(SYS_setpgid, (pid_t)s->arg[0], (pid_t)s->arg[1]));
    case GETPGID: return result(syscall(SYS_getpgid, (pid_t)s->arg[0]));
    case GETSID: return result(syscall(SYS_getsid, (pid_t)s->arg[0]));
    case IDS:
      s->more[0] = syscall(SYS_gettid);
      s->more[1] = syscall(SYS_getppid);
      return result(syscall(SYS_getpid));
    case LASTPID: return do_sysctl(s, "/proc/sys/kernel/ns_last_pid");
    case PIDMAX: return do_sysctl(s, "/proc/sys/kernel/pid_max");
    case LIST: return do_list();
    case KILL: return result(syscall(SYS_kill, (pid_t)s->arg[0], (int)s->arg[1]));
    case TGKILL: return result(syscall(SYS_tgkill, (pid_t)s->arg[0], (pid_t)s->arg[1], (int)s->arg[2]));
    case SIGCHLD_: return do_sigchld(s);
    case SIGACTION: return do_sigaction(s);
    case PIDFD: return do_pidfd(s);
    case NSGET: return do_nsget(s);
    case SUBREAPER: return result(prctl(PR_SET_CHILD_SUBREAPER, s->arg[0], 0, 0, 0));
    default: return 0;
  }
}

static void finish(struct slot *s, int64_t ret) {
  s->ret = ret;
  __atomic_store_n(&s->done, s->posted, __ATOMIC_RELEASE);
}

static void work(int me) {
  for (;;) {
    struct slot *s = &shared->slots[me];
    uint32_t done = s->done;
    if (__atomic_load_n(&s->posted, __ATOMIC_ACQUIRE) == done) {
      syscall(SYS_futex, &s->posted, FUTEX_WAIT, done, NULL, NULL, 0);
      continue;
    }
    int before = me;
    int64_t ret = perform(s, &me);
    if (me == before) finish(s, ret);
  }
}

static void map_shared(int fd) {
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED) fail("mmap");
}

/* Number 1 of the namespace that plays the root. What goes wrong is its answer to the first command. */
static void first(pid_t supervisor) {
  int64_t problem = 0;
  // In turns (SCHED_RR): who spins at its end (see demote) must not keep others from ending.
  struct sched_param priority = { .sched_priority = 1 };
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != 0 && getppid() != supervisor) _exit(1);
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) problem = result(-1);
  if (!problem && mount("proc", "/proc", "proc", 0, NULL) < 0) problem = result(-1);
  if (!problem && setsid() < 0) problem = result(-1);
  if (!problem && sched_setscheduler(0, SCHED_RR, &priority) < 0) problem = result(-1);
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  if (problem) finish(&shared->slots[0], problem), _exit(1);
  work(0);
}

// ── the supervisor ───────────────────────────────────────────────────────────────────────────────────────────────────

static int proc = -1;              // /proc of the recorded namespace
static int space = -1;             // that namespace itself
static char *seen[NR_LIMIT];       // what was last printed about each of its numbers
static uint32_t seen_at[NR_LIMIT]; // in which look it was there
static int known[LIST_MAX];        // the numbers that have an entry
static int known_count;
static uint32_t look;

static const char *value_of(const char *text, const char *name, char *into, size_t bytes) {
  const char *at = strstr(text, name);
  into[0] = 0;
  if (at == NULL) return into;
  at += strlen(name);
  while (*at == '\t' || *at == ' ') at++;
  size_t length = 0;
  for (; *at && *at != '\n' && length + 1 < bytes; at++) into[length++] = *at == '\t' ? ',' : *at;
  into[length] = 0;
  return into;
}

/* Everybody, by number. `ending` have given their memory back and are no zombies; `awake` says that one of them runs. */
struct view { int count, ending, awake; uint64_t ran, hash; int nr[LIST_MAX]; char *line[LIST_MAX]; };
static struct view now;

/*
 * An init that waits for its namespace to empty may spin instead of sleeping (seen on 6.18: in zap_pid_ns_processes()
 * schedule() returns at once). With a real-time priority it would keep everybody else from running, so it loses that.
 */
static void demote(int nr) {
  struct sched_param none = { .sched_priority = 0 };
  int here = ioctl(space, NS_GET_PID_FROM_PIDNS, nr);
  if (here > 0 && sched_getscheduler(here) == SCHED_RR) sched_setscheduler(here, SCHED_OTHER, &none);
}

/* How long a task has run, in nanoseconds. */
static uint64_t run_time(int nr) {
  char path[64], text[64];
  snprintf(path, sizeof path, "%d/schedstat", nr);
  int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  text[length < 0 ? 0 : length] = 0;
  return strtoull(text, NULL, 10);
}

/*
 * Reads a task's status into `line`: "tgid state ppid pids tgids pgids sids". The state is S, T (stopped), Z, or E for a task that has
 * given its memory back and is no zombie (an init that waits for its namespace to empty). Returns its threads, 0 when it
 * is gone, -1 when it is still running.
 */
static int read_status(const char *path, char *line, size_t bytes) {
  char text[8192], state[32], threads[32], tgid[32], ppid[32], pids[512], tgids[512], pgids[512], sids[512];
  int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = 0;
  value_of(text, "\nState:", state, sizeof state);
  if (state[0] != 'Z' && state[0] != 'X' && strstr(text, "\nVmSize:") == NULL) {
    if (state[0] != 'S') now.awake = 1;
    state[0] = 'E';
  }
  if (state[0] == 'X' || state[0] == 'R' || state[0] == 'D') return -1;
  snprintf(line, bytes, "%s %c %s %s %s %s %s", value_of(text, "\nTgid:", tgid, sizeof tgid), state[0],
           value_of(text, "\nPPid:", ppid, sizeof ppid), value_of(text, "\nNSpid:", pids, sizeof pids),
           value_of(text, "\nNStgid:", tgids, sizeof tgids), value_of(text, "\nNSpgid:", pgids, sizeof pgids),
           value_of(text, "\nNSsid:", sids, sizeof sids));
  return atoi(value_of(text, "\nThreads:", threads, sizeof threads));
}

static int add_task(const char *path, int nr) {
  char line[2400];
  int threads = read_status(path, line, sizeof line);
  if (threads > 0 && now.count < LIST_MAX) {
    if (strchr(line, 'E') != NULL) {
      now.ending++;
      demote(nr);
      now.ran += run_time(nr);
    }
    for (const char *at = line; *at; at++) now.hash = (now.hash ^ (uint64_t)(unsigned char)*at) * 1099511628211u;
    now.nr[now.count] = nr;
    now.line[now.count++] = strdup(line);
  }
  return threads;
}

/* Looks at every task there is. False when one of them is still on its way to sleep or death. */
static int take_view(void) {
  char path[64];
  int quiet = 1;
  now.ending = now.awake = 0;
  now.ran = now.hash = 0;
  while (now.count > 0) free(now.line[--now.count]);
  int fd = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = fd < 0 ? NULL : fdopendir(fd);
  if (folder == NULL) fail("/proc of the namespace");
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    int tgid = atoi(entry->d_name);
    snprintf(path, sizeof path, "%d/status", tgid);
    int threads = add_task(path, tgid);
    if (threads <= 0) quiet = 0;
    if (threads <= 1) continue;
    snprintf(path, sizeof path, "%d/task", tgid);
    int task_fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *tasks = task_fd < 0 ? NULL : fdopendir(task_fd);
    if (tasks == NULL) { quiet = 0; continue; }
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
      int tid = atoi(task->d_name);
      if (tid == 0 || tid == tgid) continue;
      snprintf(path, sizeof path, "%d/task/%d/status", tgid, tid);
      if (add_task(path, tid) <= 0) quiet = 0;
    }
    closedir(tasks);
  }
  closedir(folder);
  return quiet;
}

/* Prints what differs from the look before: "nr tgid state ppid pids tgids pgids sids", or "nr -" for who is gone. */
static void print_changes(void) {
  look++;
  for (int i = 0; i < now.count; i++) {
    int nr = now.nr[i];
    seen_at[nr] = look;
    if (seen[nr] != NULL && strcmp(seen[nr], now.line[i]) == 0) continue;
    printf("%d %s\n", nr, now.line[i]);
    if (seen[nr] == NULL) known[known_count++] = nr;
    free(seen[nr]);
    seen[nr] = strdup(now.line[i]);
  }
  int kept = 0;
  for (int i = 0; i < known_count; i++) {
    int nr = known[i];
    if (seen_at[nr] == look) {
      known[kept++] = nr;
      continue;
    }
    printf("%d -\n", nr);
    free(seen[nr]);
    seen[nr] = NULL;
  }
  known_count = kept;
}

static void pause_us(long us) {
  struct timespec time = { 0, us * 1000 };
  nanosleep(&time, NULL);
}

/*
 * Waits until nobody runs any more, and two looks in a row show the same. Who is ending has lost its priority, so it is
 * given time: until it has not run between two looks, or has run for long and is still there.
 */
static void settle(const struct slot *s, int may_end) {
  uint64_t before = 0, since = 0, ran = 0;
  int same = 0;
  for (int tries = 0; tries < 15000; tries++) {
    int answered = may_end || __atomic_load_n(&s->done, __ATOMIC_ACQUIRE) == s->posted;
    int quiet = take_view() && answered;
    same = quiet && (same == 0 || now.hash == before) ? same + 1 : 0;
    if (same <= 1) since = now.ran;
    int rests = now.ending == 0 || (!now.awake && now.ran == ran) || now.ran - since > (uint64_t)now.ending * SPUN_NS;
    if (same > 1 && rests) return;
    before = now.hash;
    ran = now.ran;
    pause_us(tries < 20 ? 20 : 1000);
  }
  errno = ETIME;
  fail("a step did not come to an end");
}

static void command(char *text) {
  char *save = NULL, *word = strtok_r(text, " \n", &save);
  if (word == NULL) return;
  int op = 0;
  while (op < OPS && strcmp(names[op], word) != 0) op++;
  word = strtok_r(NULL, " \n", &save);
  int me = word == NULL ? -1 : atoi(word);
  if (op == OPS || me < 0 || me >= SLOTS) errno = EINVAL, fail("a command that is none");
  struct slot *s = &shared->slots[me];
  s->op = op;
  s->args = 0;
  s->more[0] = s->more[1] = 0;
  while (s->args < ARGS && (word = strtok_r(NULL, " \n", &save)) != NULL) s->arg[s->args++] = atoll(word);
  if ((op == FORK || op == THREAD) && (s->arg[0] < 0 || s->arg[0] >= SLOTS)) errno = ENOSPC, fail("slots");
  shared->listed = 0;
  __atomic_store_n(&s->posted, s->done + 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, &s->posted, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
  int ends = op == EXIT || op == EXITGROUP;
  settle(s, ends || op == KILL || op == TGKILL || op == PIDFD);
  if (s->done != s->posted) printf("= none\n");
  else printf("= %lld %lld %lld\n", (long long)s->ret, (long long)s->more[0], (long long)s->more[1]);
  if (shared->listed > 0) {
    printf("ls");
    for (uint32_t i = 0; i < shared->listed; i++) printf(" %d", shared->list[i]);
    printf("\n");
  }
  print_changes();
  printf(".\n");
  fflush(stdout);
}

int main(int argc, char **argv) {
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length < 0) fail("/proc/self/exe");
  program[length] = 0;
  if (argc == 4 && strcmp(argv[1], "--worker") == 0) {
    map_shared(SHARED_FD);
    // The leader whose place this is may have ended by a command, and then never answered it.
    int me = atoi(argv[3]);
    finish(&shared->slots[me], 0);
    finish(&shared->slots[atoi(argv[2])], 0);
    work(me);
  }

  // One at a time: on the same processor two of these would see each other's pauses as their own.
  int turn = open("/tmp/pidlab-linux.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (turn < 0 || flock(turn, LOCK_EX) < 0) fail("/tmp/pidlab-linux.lock");

  // One processor for all; the last one that is allowed, since the first has most of the interrupts.
  cpu_set_t allowed, one;
  CPU_ZERO(&one);
  if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) fail("sched_getaffinity");
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
    if (CPU_ISSET(cpu, &allowed)) { CPU_SET(cpu, &one); break; }
  if (sched_setaffinity(0, sizeof one, &one) < 0) fail("sched_setaffinity");

  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGCHLD, SIG_DFL);
  alarm(SECONDS_MAX);
  int fd = memfd_create("pidlab", 0);
  if (fd < 0 || ftruncate(fd, sizeof *shared) < 0 || dup2(fd, SHARED_FD) < 0) fail("memfd");
  close(fd);
  map_shared(SHARED_FD);
  // The view is taken through what number 1 mounts, so the first command waits for that.
  pid_t me = getpid();
  shared->slots[0].posted = 1;
  struct clone_args args = { .flags = CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD };
  long init = syscall(SYS_clone3, &args, sizeof args);
  if (init < 0) fail("clone3(CLONE_NEWPID | CLONE_NEWNS)");
  if (init == 0) first(me);
  for (int tries = 0; tries < 15000 && __atomic_load_n(&shared->slots[0].done, __ATOMIC_ACQUIRE) == 0; tries++) pause_us(1000);
  if (shared->slots[0].done == 0) errno = ETIME, fail("number 1 does not answer");
  if (shared->slots[0].ret < 0) errno = (int)-shared->slots[0].ret, fail("number 1: mount /proc, setsid, SCHED_RR");
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/root/proc", init);
  proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) fail(path);
  snprintf(path, sizeof path, "/proc/%ld/ns/pid", init);
  space = open(path, O_RDONLY | O_CLOEXEC);
  if (space < 0) fail(path);

  static char line[4096];
  settle(&shared->slots[0], 0);
  printf("= 0 0 0\n");
  print_changes();
  printf(".\n");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) command(line);
  kill((pid_t)init, SIGKILL);
  waitpid((pid_t)init, NULL, 0);
  return 0;
}
