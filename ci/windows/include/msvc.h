/* Included before every source file (/FI): what CPython takes from Microsoft's C runtime and
   Windows SDK, and Wine's headers don't declare. The functions are in Wine's DLLs. */

#ifndef CI_WINDOWS_MSVC_H
#define CI_WINDOWS_MSVC_H

/* In C, a struct that is first named in a prototype has no scope beyond it; cl doesn't mind. */
struct timeval;

#include <excpt.h>
#include <malloc.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#define CI_IMPORT __declspec(dllimport)

/* stdlib.h, io.h, math.h, conio.h, malloc.h */
CI_IMPORT char **__cdecl __sys_errlist(void);
#define _sys_errlist (__sys_errlist())
CI_IMPORT errno_t __cdecl _wputenv_s(const wchar_t *, const wchar_t *);
#define _MAX_ENV 32767
CI_IMPORT int __cdecl _commit(int);
CI_IMPORT double __cdecl erfc(double);
CI_IMPORT wint_t __cdecl _getwch(void);
CI_IMPORT wint_t __cdecl _getwche(void);
CI_IMPORT wint_t __cdecl _putwch(wchar_t);
CI_IMPORT wint_t __cdecl _ungetwch(wint_t);
CI_IMPORT int __cdecl _resetstkoflw(void);
#define _OLD_P_OVERLAY 2  /* process.h */

/* time.h: Wine declares the older runtime's names. */
CI_IMPORT long *__cdecl __timezone(void);
CI_IMPORT int *__cdecl __daylight(void);
CI_IMPORT char **__cdecl __tzname(void);
#undef _timezone
#undef _daylight
#undef _tzname
#define _timezone (*__timezone())
#define _daylight (*__daylight())
#define _tzname (__tzname())

static __inline errno_t
gmtime_s(struct tm *result, const time_t *seconds)
{
    return _gmtime64_s(result, seconds);
}

static __inline void
tzset(void)
{
    _tzset();
}

static __inline size_t
wcsnlen_s(const wchar_t *text, size_t limit)
{
    return text ? wcsnlen(text, limit) : 0;
}

/* excpt.h: clang has it as an intrinsic; Wine declares it for 64 bits only. */
unsigned long __cdecl _exception_code(void);
#ifndef GetExceptionCode
#define GetExceptionCode _exception_code
#endif

/* bcrypt.h, winnt.h, winsock2.h, mstcpip.h */
#define BCRYPT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#define REG_LEGAL_CHANGE_FILTER 0x1000000f
#define AF_BTH 32
#define SIO_GET_MULTICAST_FILTER 0x8004747C

#endif
