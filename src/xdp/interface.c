/* SPDX-License-Identifier: ISC */
/* What the kernel says of a network interface. */
#include "xdp/interface.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MTU_MIN = 576 }; /* the shortest reply limit, 512 octets, and its headers fit */

static bool refuse(char *why, const char *text)
{
	snprintf(why, XDP_WHY_MAX, "%s", text);
	return false;
}

/* A driver that doesn't know of channels has one; were there more, the others' packets go to the kernel. */
static bool read_queues(int fd, struct ifreq *request, struct interface *out)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	request->ifr_data = (char *)&channels;
	out->queues = 1;
	if (ioctl(fd, SIOCETHTOOL, request) != 0)
		return true;
	out->queues = channels.combined_count + channels.rx_count;
	return out->queues > 0 && channels.tx_count >= channels.rx_count;
}

static bool read_all(int fd, struct interface *out, char *why)
{
	struct ifreq request = {0};
	memcpy(request.ifr_name, out->name, sizeof(out->name));
	if (ioctl(fd, SIOCGIFINDEX, &request) != 0)
		return refuse(why, errno == ENODEV ? "there is no such interface" : strerror(errno));
	out->index = (unsigned)request.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &request) != 0)
		return refuse(why, strerror(errno));
	if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return refuse(why, "it is no Ethernet interface");
	memcpy(out->mac, request.ifr_hwaddr.sa_data, sizeof(out->mac));
	if (ioctl(fd, SIOCGIFMTU, &request) != 0)
		return refuse(why, strerror(errno));
	if (request.ifr_mtu < MTU_MIN)
		return refuse(why, "its MTU is under 576");
	out->mtu = (unsigned)request.ifr_mtu;
	if (!read_queues(fd, &request, out))
		return refuse(why, "it has more queues that receive than such that send");
	return true;
}

bool interface_read(const char *name, struct interface *out, char *why)
{
	*out = (struct interface){0};
	if (strlen(name) >= sizeof(out->name))
		return refuse(why, "there is no such interface");
	strcpy(out->name, name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(why, strerror(errno));
	bool ok = read_all(fd, out, why);
	close(fd);
	return ok;
}
