/* What Modules/socketmodule.c takes from here: in the SDK, iphlpapi.h brings netioapi.h with it,
   and the IANA's protocol numbers are in ws2def.h. */

#ifndef CI_WINDOWS_IPHLPAPI_H
#define CI_WINDOWS_IPHLPAPI_H

#include_next <iphlpapi.h>
#include <netioapi.h>

#ifndef NDIS_IF_MAX_STRING_SIZE
#define NDIS_IF_MAX_STRING_SIZE 256
#endif
#define IF_NAMESIZE NDIS_IF_MAX_STRING_SIZE

#define IPPROTO_HOPOPTS 0
#define IPPROTO_ST 5
#define IPPROTO_CBT 7
#define IPPROTO_EGP 8
#define IPPROTO_IGP 9
#define IPPROTO_PUP 12
#define IPPROTO_RDP 27
#define IPPROTO_ROUTING 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_ESP 50
#define IPPROTO_AH 51
#define IPPROTO_NONE 59
#define IPPROTO_DSTOPTS 60
#define IPPROTO_ICLFXBM 78
#define IPPROTO_PIM 103
#define IPPROTO_PGM 113
#define IPPROTO_L2TP 115
#define IPPROTO_SCTP 132

#endif
