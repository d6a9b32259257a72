/* The version of the runtime library: that of Visual Studio 2022 17.8, like _MSC_VER 1938. */

#define _VC_CRT_MAJOR_VERSION 14
#define _VC_CRT_MINOR_VERSION 38
#define _VC_CRT_BUILD_VERSION 33135
#define _VC_CRT_RBUILD_VERSION 0
