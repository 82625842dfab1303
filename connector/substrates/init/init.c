// The first process inside a sandbox or container: starts one program, reaps what is left, and says how it ended.
//
//     homeport-init [--control SOCKET] [--forward PORT=SOCKET]… [--limit NAME=VALUE]… [--size COLSxROWS]
//                   -- program [arguments…]
//     homeport-init --connect SOCKET      joins its input and output with a Unix socket
//     homeport-init --show FILE…          writes the files out, a NUL after each: a self-test sees where it runs by them
//     homeport-init --version             the SHA-256 of the sources that it was built from
//
// On the control socket it writes 'p' and the program's process id once that runs, then 's' and its wait status when it
// has ended; or only 'e' and errno, when it cannot be executed. The numbers are 32 bits, little-endian. An end without
// either is a failure of its own. Each byte that it reads is a signal for everything but itself; the end kills it all.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "init.h"

enum { OUR_FAILURE = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127, AFTER_SIGNAL = 128 };
enum { MAX_LIMITS = 16 };
// How soon a program that wants a taken terminal may try again.
enum { AGAIN_MS = 20 };

struct limit {
	int resource;
	rlim_t value;
};

static struct limit limits[MAX_LIMITS];
static int limit_count;
static int control = -1;
// Where the program's process tells what went wrong before there was a program.
static int parent = -1;

// Says one sentence in one write: what is wrong, about what, and why where the system knows.
static void say(const char *what, const char *subject, int error) {
	const char *parts[] = {"homeport-init: ", what, " ", subject, error ? ": " : "", error ? strerror(error) : "", ".\n"};
	struct iovec lines[7];
	for (int i = 0; i < 7; i++) lines[i] = (struct iovec){(char *)parts[i], strlen(parts[i])};
	// With nobody to read it, the exit code still tells.
	if (writev(2, lines, 7) < 0) return;
}

// Errno of an exec, or 0 when what failed has been said.
static void tell_parent(int error) {
	// A parent that is gone needs no telling.
	if (parent >= 0 && write(parent, &error, sizeof error) < 0) return;
}

_Noreturn void fail(const char *what, const char *subject, int error) {
	say(what, subject, error);
	tell_parent(0);
	_exit(OUR_FAILURE);
}

#ifdef __x86_64__
enum { ARCHITECTURE = AUDIT_ARCH_X86_64, ARCHITECTURE_32 = AUDIT_ARCH_I386 };
#else
enum { ARCHITECTURE = AUDIT_ARCH_AARCH64, ARCHITECTURE_32 = AUDIT_ARCH_ARM };
#endif
// The same number for programs of i386 and of 32-bit ARM.
enum { IOCTL_32 = 54 };
// Numbers from here on are x32's, a second way to the same calls; arm64 has none so high.
enum { X32 = 0x40000000 };
// A call that somebody who traces has taken out.
#define SKIPPED 0xffffffff

// The program types nothing into a terminal that somebody else reads, by any entry of the kernel. Of the request only
// the lower half counts, as in the kernel. Everything else is allowed, other sandboxes too.
static int refuse_typing(void) {
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SKIPPED, 9, 8),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 3, 8),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE_32, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IOCTL_32, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCLINUX, 0, 2),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof steps / sizeof *steps, steps};
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

// Sets a limit, which never raises the hard one that stands.
static void set(struct limit *limit) {
	struct rlimit both;
	if (getrlimit(limit->resource, &both) < 0) fail("A limit cannot be read of", "the program", errno);
	both.rlim_cur = both.rlim_max = limit->value < both.rlim_max ? limit->value : both.rlim_max;
	if (setrlimit(limit->resource, &both) < 0) fail("A limit cannot be set for", "the program", errno);
}

// The terminal among the first three files, or -1.
static int terminal(void) {
	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd)) return fd;
	return -1;
}

// Becomes the program, or tells the first process why not.
static _Noreturn void become(char **program) {
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	// SIGTTOU is ignored still. The terminal of another session stays as it is.
	tcsetpgrp(terminal(), getpid());
	for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < limit_count; i++) set(&limits[i]);
	keep_from_abstract_sockets();
	if (refuse_typing() < 0 || refuse_keyrings() < 0) fail("The kernel takes no filter for", *program, errno);
	execvp(*program, program);
	tell_parent(errno);
	_exit(NOT_EXECUTABLE);
}

static void report(char kind, int32_t number) {
	unsigned char record[] = {kind, number, number >> 8, number >> 16, number >> 24};
	// With nobody there to read it, the end of the socket comes next.
	if (control >= 0 && send(control, record, sizeof record, MSG_NOSIGNAL) < 0) return;
}

static pid_t start(char **program) {
	int pipe[2], error;
	if (pipe2(pipe, O_CLOEXEC) < 0) fail("No process can be started for", *program, errno);
	pid_t pid = fork();
	if (pid < 0) fail("No process can be started for", *program, errno);
	if (pid == 0) {
		parent = pipe[1];
		become(program);
	}
	close(pipe[1]);
	// The other end is closed by a successful exec.
	ssize_t count = read(pipe[0], &error, sizeof error);
	close(pipe[0]);
	if (count == sizeof error) {
		if (error == 0) _exit(OUR_FAILURE);
		say("This program cannot be executed:", *program, error);
		report('e', error);
		_exit(error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
	}
	report('p', pid);
	return pid;
}

static void signal_all(pid_t program, int number) {
	kill(getpid() == 1 ? -1 : -program, number);
}

// Sends the signals that the control socket asks for. When nobody is there to ask any more, nothing goes on.
static void obey(pid_t program) {
	unsigned char numbers[64];
	ssize_t count = recv(control, numbers, sizeof numbers, MSG_DONTWAIT);
	if (count < 0 && would_wait()) return;
	for (ssize_t i = 0; i < count; i++) signal_all(program, numbers[i]);
	if (count > 0) return;
	signal_all(program, SIGKILL);
	_exit(AFTER_SIGNAL + SIGKILL);
}

// As its parent in the same session we keep its group from being orphaned. On a plain terminal it would be, and so never
// stop; nobody here could continue it.
static void go_on(pid_t program, int stopped_by) {
	if (stopped_by != SIGTSTP) {
		// It wants the terminal: that is its again when those who had it are gone. Else it soon stops again.
		int fd = terminal();
		pid_t owner = tcgetpgrp(fd);
		if ((owner > 0 && kill(-owner, 0) == 0) || tcsetpgrp(fd, program) < 0) poll(NULL, 0, AGAIN_MS);
	}
	kill(-program, SIGCONT);
}

// Reaps whoever has ended; answers whether the program has.
static int reap(pid_t program, int *status) {
	pid_t pid;
	while ((pid = waitpid(-1, status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != program) continue;
		if (!WIFSTOPPED(*status)) return 1;
		if (WSTOPSIG(*status) != SIGSTOP) go_on(program, WSTOPSIG(*status));
	}
	return 0;
}

// Waits for the program's end. Signals that are sent to us are meant for it.
static int watch(pid_t program, int signals) {
	struct pollfd set[] = {{signals, POLLIN, 0}, {control, POLLIN, 0}};
	for (int status;;) {
		if (poll(set, 2, -1) < 0) continue;
		if (set[1].revents) obey(program);
		struct signalfd_siginfo info;
		if (!set[0].revents || read(signals, &info, sizeof info) != sizeof info) continue;
		if (info.ssi_signo != SIGCHLD) kill(-program, info.ssi_signo);
		else if (reap(program, &status)) return status;
	}
}

// Ends as the program did, after everything that it left behind.
static int end(int status) {
	if (getpid() == 1)
		do kill(-1, SIGKILL);
		while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
	// For whoever started us on this terminal.
	else tcsetpgrp(terminal(), getpgrp());
	report('s', status);
	if (WIFEXITED(status)) return WEXITSTATUS(status);
	int number = WTERMSIG(status);
	sigset_t only;
	sigemptyset(&only);
	sigaddset(&only, number);
	signal(number, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	kill(getpid(), number);
	// The first process of a namespace cannot be killed by itself.
	return AFTER_SIGNAL + number;
}

// Blocks what is read from the answer instead, and ignores what stops jobs of a terminal.
static int take_signals(void) {
	static const int taken[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
	static const int ignored[] = {SIGTSTP, SIGTTIN, SIGTTOU};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) sigaddset(&set, taken[i]);
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
	// Whoever started us may have ignored it; the kernel would then reap for us.
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &set, NULL);
	int fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0) fail("Signals cannot be read by", "the first process", errno);
	return fd;
}

// Files that whoever started us left open are neither ours nor the program's; the first three are always there.
static void tidy_files(void) {
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) fail("This cannot be opened:", "/dev/null", errno);
	struct rlimit files;
	if (syscall(SYS_close_range, 3, ~0U, 0) == 0 || getrlimit(RLIMIT_NOFILE, &files) < 0) return;
	// An older kernel. There the number of files may be as good as unlimited, but not in use.
	for (rlim_t fd = 3; fd < files.rlim_cur && fd < 1 << 20; fd++) close(fd);
}

int to_number(const char *text, char end, rlim_t *value) {
	char *rest;
	errno = 0;
	*value = strtoull(text, &rest, 10);
	return *text >= '0' && *text <= '9' && *rest == end && errno == 0;
}

static void add_limit(const char *text) {
	static const struct {
		const char *name;
		int resource;
	} names[] = {{"core", RLIMIT_CORE}, {"fsize", RLIMIT_FSIZE}, {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}};
	const char *number = strchr(text, '=');
	rlim_t value;
	if (!number || !to_number(number + 1, 0, &value)) fail("A limit is NAME=VALUE, not", text, 0);
	if (limit_count == MAX_LIMITS) fail("There are too many limits before", text, 0);
	size_t length = number - text;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == length && strncmp(names[i].name, text, length) == 0) {
			limits[limit_count++] = (struct limit){names[i].resource, value};
			return;
		}
	fail("Limits are core, fsize, nofile and nproc, not", text, 0);
}

// Gives the terminal its first size. Whoever made it can do so only once the program has it, which is too late.
static void size(const char *text) {
	const char *second = strchr(text, 'x');
	rlim_t cols, rows;
	if (!second || !to_number(text, 'x', &cols) || !to_number(second + 1, 0, &rows))
		fail("A size is COLSxROWS, not", text, 0);
	struct winsize both = {.ws_col = cols, .ws_row = rows};
	if (ioctl(0, TIOCSWINSZ, &both) < 0) fail("The terminal does not take the size", text, errno);
}

// A file that is not there is empty.
static int show(char **files) {
	char bytes[4096];
	for (; *files; files++) {
		int fd = open(*files, O_RDONLY | O_CLOEXEC);
		ssize_t count = 0;
		while (fd >= 0 && (count = read(fd, bytes, sizeof bytes)) > 0)
			if (write(1, bytes, count) < 0) return OUR_FAILURE;
		close(fd);
		if (write(1, "", 1) < 0) return OUR_FAILURE;
	}
	return 0;
}

// Answers the program with its arguments.
static char **read_options(char **options, const char **control_path) {
	for (; *options && strcmp(*options, "--") != 0; options += 2) {
		if (!options[1]) fail("Neither a value nor a program follows", *options, 0);
		if (strcmp(*options, "--control") == 0) *control_path = options[1];
		else if (strcmp(*options, "--forward") == 0) add_forward(options[1]);
		else if (strcmp(*options, "--limit") == 0) add_limit(options[1]);
		else if (strcmp(*options, "--size") == 0) size(options[1]);
		else fail("There is no option", *options, 0);
	}
	if (!*options || !options[1]) fail("A program is missing after", "the options and --", 0);
	return options + 1;
}

int main(int count, char **arguments) {
	signal(SIGPIPE, SIG_IGN);
	// Nobody inside may trace this process, read its memory, or take the control socket from it.
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) fail("The kernel does not protect", "the first process", errno);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail("The kernel does not hold", "the program's rights", errno);
	tidy_files();
	if (count == 2 && strcmp(arguments[1], "--version") == 0)
		return write(1, SOURCE_SHA256 "\n", sizeof SOURCE_SHA256) < 0;
	if (count == 3 && strcmp(arguments[1], "--connect") == 0) return connect_to(arguments[2]);
	if (count > 2 && strcmp(arguments[1], "--show") == 0) return show(arguments + 2);
	const char *control_path = NULL;
	char **program = read_options(arguments + (count > 0), &control_path);
	if (control_path && (control = dial(control_path, 0)) < 0)
		fail("The control socket cannot be reached:", control_path, errno);
	start_forwards(control);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) fail("Orphans cannot be taken by", "the first process", errno);
	int signals = take_signals();
	return end(watch(start(program), signals));
}
