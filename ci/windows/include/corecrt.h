/* time_t has 64 bits in Microsoft's runtime on every architecture; Wine makes it 32 on i386. */

#ifndef CI_WINDOWS_CORECRT_H
#define CI_WINDOWS_CORECRT_H

#ifndef _WIN64
typedef long long time_t;
#define _TIME_T_DEFINED
#endif
#include_next <corecrt.h>
#undef _USE_32BIT_TIME_T

#endif
