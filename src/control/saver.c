/* SPDX-License-Identifier: ISC */
/* The saver thread. */
#include "control/saver.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "health/measured.h"
#include "process/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

struct saver {
	char *folder;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wanted;
	bool end;
	char *state; /* to be written; NULL: nothing is */
	size_t state_len;
	struct measured *measured; /* likewise */
	_Atomic bool failing[2];   /* state, measurements */
};

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t wrote = write(fd, text, len);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return false;
		text += wrote;
		len -= (size_t)wrote;
	}
	return true;
}

/* Without it a rename may be forgotten when the power fails. */
static bool folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return ok;
}

/* Writes beside, and renames once that is on the disk. False with errno set. */
static bool replace_file(const char *path, const char *text, size_t len)
{
	char beside[PATH_ROOM + 8];
	snprintf(beside, sizeof(beside), "%s.new", path);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return false;
	bool ok = write_all(fd, text, len) && fsync(fd) == 0;
	int error = errno;
	ok = close(fd) == 0 && ok && rename(beside, path) == 0;
	if (!ok) {
		error = errno ? errno : error;
		unlink(beside);
		errno = error;
	}
	return ok;
}

enum file { FILE_STATE, FILE_MEASURED };

/* Says when it begins to fail, and when it is well again, not each time. */
static void tell(struct saver *saver, enum file file, const char *path, const char *why)
{
	if (why != NULL && !saver->failing[file])
		log_error("state: %s can't be written: %s; what happens now would not survive a restart",
			  path, why);
	if (why == NULL && saver->failing[file])
		log_info("state: %s is written again", path);
	saver->failing[file] = why != NULL;
}

static void save_state(struct saver *saver, const char *text, size_t len)
{
	char path[PATH_ROOM];
	mkdir(saver->folder, 0750); /* it may have been taken away */
	snprintf(path, sizeof(path), "%s/state.json", saver->folder);
	bool ok = replace_file(path, text, len) && folder_sync(saver->folder);
	tell(saver, FILE_STATE, path, ok ? NULL : strerror(errno));
}

static void save_measured(struct saver *saver, const struct measured *measured)
{
	char path[PATH_ROOM];
	struct faults faults = {0};
	struct measured_time at = {(uint64_t)clock_ms(), (uint64_t)clock_wall_ms()};
	snprintf(path, sizeof(path), "%s/latency", saver->folder);
	bool ok = measured_save(measured, path, at, &faults);
	tell(saver, FILE_MEASURED, path, ok ? NULL : faults.n > 0 ? faults.list[0].text : "unknown reason");
	faults_free(&faults);
}

static void *run(void *argument)
{
	struct saver *saver = argument;
	privileges_leave();
	pthread_mutex_lock(&saver->mutex);
	while (!saver->end || saver->state != NULL || saver->measured != NULL) {
		if (saver->state == NULL && saver->measured == NULL) {
			pthread_cond_wait(&saver->wanted, &saver->mutex);
			continue;
		}
		char *state = saver->state;
		struct measured *measured = saver->measured;
		size_t len = saver->state_len;
		saver->state = NULL;
		saver->measured = NULL;
		pthread_mutex_unlock(&saver->mutex);
		if (state != NULL)
			save_state(saver, state, len);
		if (measured != NULL)
			save_measured(saver, measured);
		free(state);
		measured_free(measured);
		pthread_mutex_lock(&saver->mutex);
	}
	pthread_mutex_unlock(&saver->mutex);
	return NULL;
}

struct saver *saver_new(const char *folder)
{
	struct saver *saver = mem_alloc(sizeof(*saver));
	saver->folder = mem_copy_text(folder, strlen(folder));
	pthread_mutex_init(&saver->mutex, NULL);
	pthread_cond_init(&saver->wanted, NULL);
	if (mkdir(folder, 0750) != 0 && errno != EEXIST)
		tell(saver, FILE_STATE, folder, strerror(errno));
	if (pthread_create(&saver->thread, NULL, run, saver) != 0)
		abort();
	return saver;
}

bool saver_free(struct saver *saver, unsigned wait_ms)
{
	if (saver == NULL)
		return true;
	pthread_mutex_lock(&saver->mutex);
	saver->end = true;
	pthread_cond_signal(&saver->wanted);
	pthread_mutex_unlock(&saver->mutex);
	if (!thread_join(saver->thread, wait_ms)) {
		log_error("state: %s does not take what is to be written; it is given up", saver->folder);
		return false;
	}
	pthread_mutex_destroy(&saver->mutex);
	pthread_cond_destroy(&saver->wanted);
	free(saver->folder);
	free(saver);
	return true;
}

void saver_put_state(struct saver *saver, char *text, size_t len)
{
	pthread_mutex_lock(&saver->mutex);
	free(saver->state);
	saver->state = text;
	saver->state_len = len;
	pthread_cond_signal(&saver->wanted);
	pthread_mutex_unlock(&saver->mutex);
}

void saver_put_measured(struct saver *saver, struct measured *copy)
{
	pthread_mutex_lock(&saver->mutex);
	measured_free(saver->measured);
	saver->measured = copy;
	pthread_cond_signal(&saver->wanted);
	pthread_mutex_unlock(&saver->mutex);
}

bool saver_failing(const struct saver *saver)
{
	return saver->failing[FILE_STATE] || saver->failing[FILE_MEASURED];
}
