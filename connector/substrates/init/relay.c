// Connections passed on to Unix sockets: of ports on the loopback interface, or of our own input and output.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "init.h"

enum { MAX_FORWARDS = 16 };
// More wait in the kernel's queue: each has two files open, and programs are often started with 1,024.
enum { MAX_CONNECTIONS = 256 };
enum { FLOW_BYTES = 32 * 1024 };
// How soon to try again what nothing announces: room in the queue of a Unix socket, or a free file.
enum { AGAIN_MS = 20 };

// One direction of a connection. The two of a connection lie side by side.
struct flow {
	int from, to;
	size_t start, end;
	// Nothing more comes; what is held is still passed on.
	int has_ended;
	int is_open;
	char held[FLOW_BYTES];
};

struct forward {
	const char *text, *path;
	in_port_t port;
	int listener;
};

static struct flow flows[2 * MAX_CONNECTIONS];
static struct forward forwards[MAX_FORWARDS];
static int forward_count;

int would_wait(void) {
	return errno == EAGAIN || errno == EINTR;
}

int dial(const char *path, int flags) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0) return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
	int error = errno;
	close(fd);
	return errno = error, -1;
}

static void join(int connection, int in, int out, int socket) {
	struct flow *there = &flows[2 * connection], *back = there + 1;
	there->from = in, there->to = socket;
	back->from = socket, back->to = out;
	for (struct flow *flow = there; flow <= back; flow++)
		flow->start = flow->end = 0, flow->has_ended = 0, flow->is_open = 1;
}

static int is_over(int connection) {
	return !flows[2 * connection].is_open && !flows[2 * connection + 1].is_open;
}

// Takes what has come, passes it on, and ends the other side after the last byte. `in` and `out`: what poll said.
static void flow_on(struct flow *flow, short in, short out) {
	if (!flow->is_open || !(in || out)) return;
	if (in && flow->start == flow->end) {
		ssize_t count = read(flow->from, flow->held, FLOW_BYTES);
		if (count > 0) flow->start = 0, flow->end = count;
		else if (count == 0 || !would_wait()) flow->has_ended = 1;
	}
	if (flow->start < flow->end) {
		ssize_t count = write(flow->to, flow->held + flow->start, flow->end - flow->start);
		if (count > 0) flow->start += count;
		else if (!would_wait()) flow->is_open = 0;
	}
	// Nobody reads there any more, so that what comes for them can only be dropped.
	if (out & (POLLERR | POLLHUP | POLLNVAL)) flow->is_open = 0;
	if (flow->has_ended && flow->start == flow->end) flow->is_open = 0;
	if (!flow->is_open && shutdown(flow->to, SHUT_WR) < 0 && errno == ENOTSOCK) close(flow->to);
}

// Takes one connection from the queue; 0 when that must be tried again later. The socket first: as long as its queue
// is full, ours holds what comes.
static int admit(struct forward *forward, int connection) {
	int socket = dial(forward->path, SOCK_NONBLOCK);
	if (socket < 0 && (errno == EAGAIN || errno == EMFILE || errno == ENFILE)) return 0;
	int accepted = accept4(forward->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int is_later = accepted < 0 && (errno == EMFILE || errno == ENFILE);
	if (accepted >= 0 && socket >= 0) {
		// What was one write must not wait for another's acknowledgement here.
		setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
		join(connection, accepted, accepted, socket);
		return 1;
	}
	if (accepted >= 0) close(accepted);
	if (socket >= 0) close(socket);
	return !is_later;
}

// Serves the forwards, for ever, and the connections that there are. `used`: as many have been there at once.
static void relay(int used) {
	static struct pollfd set[MAX_FORWARDS + 4 * MAX_CONNECTIONS];
	for (int is_later = 0;;) {
		int open = 0, free = -1;
		for (int i = used - 1; i >= 0; i--)
			if (is_over(i)) free = i;
			else open++;
		if (free < 0 && used < MAX_CONNECTIONS) free = used;
		if (open == 0 && forward_count == 0) return;
		struct pollfd *next = set;
		for (int i = 0; i < forward_count; i++)
			*next++ = (struct pollfd){free >= 0 && !is_later ? forwards[i].listener : -1, POLLIN, 0};
		for (struct flow *flow = flows; flow < flows + 2 * used; flow++) {
			int is_empty = flow->start == flow->end;
			*next++ = (struct pollfd){flow->is_open && is_empty && !flow->has_ended ? flow->from : -1, POLLIN, 0};
			*next++ = (struct pollfd){flow->is_open ? flow->to : -1, is_empty ? 0 : POLLOUT, 0};
		}
		if (poll(set, next - set, is_later ? AGAIN_MS : -1) < 0) continue;
		is_later = 0;
		struct pollfd *told = set + forward_count;
		for (int i = 0; i < used; i++, told += 4) {
			if (is_over(i)) continue;
			flow_on(&flows[2 * i], told[0].revents, told[1].revents);
			flow_on(&flows[2 * i + 1], told[2].revents, told[3].revents);
			if (is_over(i)) close(flows[2 * i].from), close(flows[2 * i].to);
		}
		// One a turn: there was one free place.
		for (int i = 0; i < forward_count; i++) {
			if (!set[i].revents) continue;
			is_later = !admit(&forwards[i], free);
			if (free == used) used++;
			break;
		}
	}
}

// Joins input and output with a socket until both directions have ended.
int connect_to(const char *path) {
	int socket = dial(path, SOCK_NONBLOCK);
	if (socket < 0) fail("This socket cannot be reached:", path, errno);
	for (int fd = 0; fd <= 1; fd++) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	join(0, 0, 1, socket);
	relay(1);
	return 0;
}

// A new network namespace has its loopback down.
static void bring_up_loopback(void) {
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) fail("There is no network interface", "lo", errno);
	if (!(request.ifr_flags & IFF_UP)) {
		request.ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) fail("This network interface cannot be brought up:", "lo", errno);
	}
	close(fd);
}

// Listens before the program runs, so that its first connection already finds somebody.
static void listen_on(struct forward *forward) {
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(forward->port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = forward->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, SOMAXCONN) < 0)
		fail("This port cannot be listened on:", forward->text, errno);
}

// Signals for everything must not stop the forwards while programs still end: only SIGKILL does.
void start_forwards(int control) {
	if (forward_count == 0) return;
	bring_up_loopback();
	for (int i = 0; i < forward_count; i++) listen_on(&forwards[i]);
	pid_t parent = getpid(), pid = fork();
	if (pid < 0) fail("No process can be started for", "the forwards", errno);
	if (pid > 0) {
		for (int i = 0; i < forward_count; i++) close(forwards[i].listener);
		return;
	}
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) _exit(1);
	for (int fd = 0; fd <= 2; fd++) close(fd);
	close(control);
	relay(0);
	_exit(1);
}

void add_forward(const char *text) {
	const char *path = strchr(text, '=');
	rlim_t port;
	if (!path || !path[1] || !to_number(text, '=', &port) || port < 1 || port > 65535)
		fail("A forward is PORT=SOCKET, not", text, 0);
	if (forward_count == MAX_FORWARDS) fail("There are too many forwards before", text, 0);
	forwards[forward_count++] = (struct forward){text, path + 1, port, -1};
}
