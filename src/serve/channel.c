/* SPDX-License-Identifier: ISC */
/* recv() and send(), or OpenSSL's word for them. */
#include "serve/channel.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

bool channel_open(struct channel *c, int fd, SSL_CTX *context)
{
	*c = (struct channel){.fd = fd, .tls = context ? SSL_new(context) : NULL};
	if (context == NULL)
		return true;
	c->broken = true;
	if (c->tls == NULL || SSL_set_fd(c->tls, fd) != 1)
		return false;
	SSL_set_accept_state(c->tls);
	c->broken = false;
	return true;
}

void channel_close(struct channel *c)
{
	if (c->tls != NULL) {
		ERR_clear_error();
		if (!c->broken && SSL_is_init_finished(c->tls))
			SSL_shutdown(c->tls);
		SSL_free(c->tls);
	}
	close(c->fd);
}

/* What has come of an operation of TLS that has returned `n`; `own` is the event that it is about itself. */
static ssize_t result(struct channel *c, int n, uint32_t own)
{
	int error = n > 0 ? SSL_ERROR_NONE : SSL_get_error(c->tls, n);
	uint32_t wanted = error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
	c->wants = 0;
	switch (error) {
	case SSL_ERROR_NONE: return n;
	case SSL_ERROR_ZERO_RETURN: return own == EPOLLIN ? 0 : CHANNEL_BROKEN;
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE: c->wants = wanted != own ? wanted : 0; return CHANNEL_LATER;
	default: c->broken = true; return CHANNEL_BROKEN;
	}
}

ssize_t channel_receive(struct channel *c, uint8_t *into, size_t room)
{
	if (c->tls != NULL) {
		ERR_clear_error();
		return result(c, SSL_read(c->tls, into, room < INT_MAX ? (int)room : INT_MAX), EPOLLIN);
	}
	ssize_t n = recv(c->fd, into, room, MSG_DONTWAIT);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? CHANNEL_LATER : CHANNEL_BROKEN;
}

ssize_t channel_send(struct channel *c, const uint8_t *octets, size_t len)
{
	if (c->tls != NULL) {
		ERR_clear_error();
		return result(c, SSL_write(c->tls, octets, len < INT_MAX ? (int)len : INT_MAX), EPOLLOUT);
	}
	ssize_t n;
	do
		n = send(c->fd, octets, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EWOULDBLOCK ? CHANNEL_LATER : CHANNEL_BROKEN;
}

bool channel_holds(const struct channel *c)
{
	return c->tls != NULL && SSL_pending(c->tls) > 0;
}

bool channel_opens(const struct channel *c)
{
	return c->tls != NULL && !SSL_is_init_finished(c->tls);
}
