// What a program would share with the rest of the machine although no file leads there: keyrings, and sockets by name only.
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "init.h"

#ifdef __x86_64__
enum { ARCHITECTURE = AUDIT_ARCH_X86_64, ARCHITECTURE_32 = AUDIT_ARCH_I386, KEYS_32 = 286 };
#else
enum { ARCHITECTURE = AUDIT_ARCH_AARCH64, ARCHITECTURE_32 = AUDIT_ARCH_ARM, KEYS_32 = 309 };
#endif
// add_key, request_key and keyctl follow each other, on every architecture.
enum { KEYS = SYS_add_key, KEYS_CALLS = 3 };

// Keyrings belong to users of the machine, whatever namespaces they are in: as in a kernel that has none, nobody inside
// reads or takes the person's. x32's entries of these calls are not had anyway.
int refuse_keyrings(void) {
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, KEYS, 0, 6),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, KEYS + KEYS_CALLS, 5, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE_32, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, KEYS_32, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, KEYS_32 + KEYS_CALLS, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof steps / sizeof *steps, steps};
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

// https://docs.kernel.org/userspace-api/landlock.html, since version 6 of its interface, which older headers lack.
enum { CREATE_RULESET = 444, RESTRICT_SELF = 446, GIVE_VERSION = 1, SCOPES_SINCE = 6, ABSTRACT_SOCKETS = 1 };

// Where the network is the machine's, so are its abstract sockets, X11's among them: the program connects to those of its
// own side only. A kernel without Landlock cannot keep it from the others.
void keep_from_abstract_sockets(void) {
	if (syscall(CREATE_RULESET, NULL, 0, GIVE_VERSION) < SCOPES_SINCE) return;
	struct {
		uint64_t files, network, scoped;
	} rules = {0, 0, ABSTRACT_SOCKETS};
	int fd = syscall(CREATE_RULESET, &rules, sizeof rules, 0);
	if (fd < 0) return;
	syscall(RESTRICT_SELF, fd, 0);
	close(fd);
}
