"""Another program on the display: it asks windows to close, as the button of a window manager does,
and drags files into them, as a file manager does (XDND 5)."""
import ctypes
import time

_LONG5 = ctypes.c_long * 5
SELECTION_REQUEST, SELECTION_NOTIFY, CLIENT_MESSAGE = 30, 31, 33
PROPERTY_REPLACE, ATOM_FORMAT = 0, 32


class ClientMessage(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("window", ctypes.c_ulong),
                ("message_type", ctypes.c_ulong), ("format", ctypes.c_int), ("data", _LONG5)]


class SelectionRequest(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("owner", ctypes.c_ulong),
                ("requestor", ctypes.c_ulong), ("selection", ctypes.c_ulong),
                ("target", ctypes.c_ulong), ("property", ctypes.c_ulong), ("time", ctypes.c_ulong)]


class SelectionNotify(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("requestor", ctypes.c_ulong),
                ("selection", ctypes.c_ulong), ("target", ctypes.c_ulong),
                ("property", ctypes.c_ulong), ("time", ctypes.c_ulong)]


class Event(ctypes.Union):
    _fields_ = [("type", ctypes.c_int), ("client", ClientMessage), ("request", SelectionRequest),
                ("notify", SelectionNotify), ("pad", ctypes.c_long * 24)]


class Neighbour:
    def __init__(self, display):
        x11 = self.x11 = ctypes.CDLL("libX11.so.6")
        handle, window, atom = ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong
        x11.XOpenDisplay.restype, x11.XOpenDisplay.argtypes = handle, [ctypes.c_char_p]
        x11.XDefaultRootWindow.restype, x11.XDefaultRootWindow.argtypes = window, [handle]
        x11.XInternAtom.restype = atom
        x11.XInternAtom.argtypes = [handle, ctypes.c_char_p, ctypes.c_int]
        x11.XCreateSimpleWindow.restype = window
        x11.XCreateSimpleWindow.argtypes = [handle, window] + [ctypes.c_int] * 2 + \
            [ctypes.c_uint] * 3 + [ctypes.c_ulong] * 2
        x11.XSendEvent.argtypes = [handle, window, ctypes.c_int, ctypes.c_long,
                                   ctypes.POINTER(Event)]
        x11.XSetSelectionOwner.argtypes = [handle, atom, window, ctypes.c_ulong]
        x11.XChangeProperty.argtypes = [handle, window, atom, atom, ctypes.c_int, ctypes.c_int,
                                        ctypes.c_char_p, ctypes.c_int]
        x11.XPending.argtypes = x11.XFlush.argtypes = x11.XCloseDisplay.argtypes = [handle]
        x11.XNextEvent.argtypes = [handle, ctypes.POINTER(Event)]
        self.display = x11.XOpenDisplay(display.encode())
        assert self.display, "no display " + display
        self.root = x11.XDefaultRootWindow(self.display)
        self.window = x11.XCreateSimpleWindow(self.display, self.root, 0, 0, 1, 1, 0, 0, 0)

    def close(self):
        self.x11.XCloseDisplay(self.display)

    def atom(self, name):
        return self.x11.XInternAtom(self.display, name.encode(), 0)

    def _tell(self, window, message, *data):
        event = Event()
        event.client = ClientMessage(CLIENT_MESSAGE, 0, 1, self.display, window,
                                     self.atom(message), ATOM_FORMAT, _LONG5(*data))
        self.x11.XSendEvent(self.display, window, 0, 0, ctypes.byref(event))
        self.x11.XFlush(self.display)

    def ask_to_close(self, window):
        self._tell(window, "WM_PROTOCOLS", self.atom("WM_DELETE_WINDOW"), 0)

    def drop(self, window, path, x, y, patience_s):
        """@return whether the window has taken the file."""
        selection, form = self.atom("XdndSelection"), self.atom("text/uri-list")
        self.x11.XSetSelectionOwner(self.display, selection, self.window, 0)
        self._tell(window, "XdndEnter", self.window, 5 << 24, form)
        self._tell(window, "XdndPosition", self.window, 0, x << 16 | y, 0,
                   self.atom("XdndActionCopy"))
        self._tell(window, "XdndDrop", self.window, 0, 0)
        finished, event = self.atom("XdndFinished"), Event()
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            if self.x11.XPending(self.display) == 0:
                time.sleep(0.02)
                continue
            self.x11.XNextEvent(self.display, ctypes.byref(event))
            if event.type == SELECTION_REQUEST:
                self._hand_over(event.request, path.as_uri() + "\r\n")
            elif event.type == CLIENT_MESSAGE and event.client.message_type == finished:
                return bool(event.client.data[1])
        return False

    def _hand_over(self, request, text):
        self.x11.XChangeProperty(self.display, request.requestor, request.property, request.target,
                                 8, PROPERTY_REPLACE, text.encode(), len(text))
        answer = Event()
        answer.notify = SelectionNotify(SELECTION_NOTIFY, 0, 1, self.display, request.requestor,
                                        request.selection, request.target, request.property,
                                        request.time)
        self.x11.XSendEvent(self.display, request.requestor, 0, 0, ctypes.byref(answer))
        self.x11.XFlush(self.display)
