/* Wine has no Bluetooth sockets; Modules/socketmodule.c takes this constant. */

#define BTHPROTO_RFCOMM 3
