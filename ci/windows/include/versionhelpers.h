/* The question that Modules/socketmodule.c asks, answered as in the SDK's header. */

#ifndef CI_WINDOWS_VERSIONHELPERS_H
#define CI_WINDOWS_VERSIONHELPERS_H

static __inline BOOL
IsWindows7SP1OrGreater(void)
{
    OSVERSIONINFOEXW wanted = {sizeof(wanted), 6, 1};
    DWORDLONG mask = 0;
    wanted.wServicePackMajor = 1;
    mask = VerSetConditionMask(mask, VER_MAJORVERSION, VER_GREATER_EQUAL);
    mask = VerSetConditionMask(mask, VER_MINORVERSION, VER_GREATER_EQUAL);
    mask = VerSetConditionMask(mask, VER_SERVICEPACKMAJOR, VER_GREATER_EQUAL);
    return VerifyVersionInfoW(
        &wanted, VER_MAJORVERSION | VER_MINORVERSION | VER_SERVICEPACKMAJOR, mask);
}

#endif
