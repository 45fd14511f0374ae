using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Veza.Infrastructure.Confinement;

/// <summary>
/// A seccomp filter for a program that reads a stranger's file: it works on files and pipes that it has, in threads of
/// its own. No socket of any kind, no other program beside it, no word to another process or to the kernel's makers of
/// namespaces, mounts, keys and traces; none of it depends on who owns what.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class CallFilter
{
    private const ushort Load = 0x20,
        IfEqual = 0x15,
        IfAtLeast = 0x35,
        IfAnyBit = 0x45,
        Return = 0x06;
    private const uint Allow = 0x7fff0000,
        Kill = 0x80000000,
        Errno = 0x00050000;
    private const uint NotPermitted = Errno | 1,
        NotThere = Errno | 38;
    private const uint NumberAt = 0,
        MachineAt = 4,
        FirstAt = 16,
        SecondAt = 24;
    private const uint MachineX64 = 0xC000003E,
        MachineArm64 = 0xC00000B7,
        OtherNumbersX64 = 0x40000000;
    private const uint Thread = 0x00010000,
        Namespaces = 0x7E020000;
    private const int ControlSeccomp = 22,
        ModeFilter = 2,
        None = -1;

    private static readonly SystemCall Clone = new(56, 220),
        CloneByRecord = new(435, 435),
        FileControl = new(72, 25);

    /// <summary>To itself a process may do so; C libraries do, to abort.</summary>
    private static readonly SystemCall[] OnlyOnItself = [new(62, 129), new(234, 131), new(129, 138), new(297, 240)];

    private static readonly SystemCall[] Denied =
    [
        // socket, socketpair, and the ring by which sockets can be had without them
        new(41, 198),
        new(53, 199),
        new(425, 425),
        new(426, 426),
        new(427, 427),
        // fork, vfork, execveat, memfd_create, memfd_secret
        new(57, None),
        new(58, None),
        new(322, 281),
        new(319, 279),
        new(447, 447),
        // ptrace, process_vm_readv, _writev, kcmp, process_madvise, _mrelease, pidfd_open, _getfd, _send_signal, tkill
        new(101, 117),
        new(310, 270),
        new(311, 271),
        new(312, 272),
        new(440, 440),
        new(448, 448),
        new(434, 434),
        new(438, 438),
        new(424, 424),
        new(200, 130),
        // bpf, perf_event_open, userfaultfd, add_key, request_key, keyctl
        new(321, 280),
        new(298, 241),
        new(323, 282),
        new(248, 217),
        new(249, 218),
        new(250, 219),
        // unshare, setns, mount, umount2, pivot_root, chroot, the newer mounting, mount_setattr
        new(272, 97),
        new(308, 268),
        new(165, 40),
        new(166, 39),
        new(155, 41),
        new(161, 51),
        new(428, 428),
        new(429, 429),
        new(430, 430),
        new(431, 431),
        new(432, 432),
        new(433, 433),
        new(442, 442),
        new(467, 467),
        // open_by_handle_at, name_to_handle_at, quotas, acct, swapon, swapoff, reboot, kexec, modules, iopl, ioperm,
        // syslog, personality
        new(304, 265),
        new(303, 264),
        new(179, 60),
        new(443, 443),
        new(163, 89),
        new(167, 224),
        new(168, 225),
        new(169, 142),
        new(246, 104),
        new(320, 294),
        new(175, 105),
        new(313, 273),
        new(176, 106),
        new(172, None),
        new(173, None),
        new(103, 116),
        new(135, 92),
        // what Landlock does not hold of a file that belongs to its user: mode, owner, attributes, times and, in older
        // kernels, length
        new(90, None),
        new(91, 52),
        new(268, 53),
        new(452, 452),
        new(92, None),
        new(93, 55),
        new(94, None),
        new(260, 54),
        new(188, 5),
        new(189, 6),
        new(190, 7),
        new(463, 463),
        new(197, 14),
        new(198, 15),
        new(199, 16),
        new(466, 466),
        new(469, 469),
        new(132, None),
        new(235, None),
        new(261, None),
        new(280, 88),
        new(76, 45),
        // memory, queues and semaphores that others can see; other processes' turns and pages
        new(29, 194),
        new(30, 196),
        new(68, 186),
        new(64, 190),
        new(240, 180),
        new(141, 140),
        new(144, 119),
        new(142, 118),
        new(314, 274),
        new(203, 122),
        new(251, 30),
        new(256, 238),
        new(279, 239),
    ];

    /// <summary>For the calling thread and all that comes of it. It must have given up new privileges before.</summary>
    internal static void Install(int processId)
    {
        var code = Program((uint)processId);
        // Read by the kernel now: where it stands and what it holds, then where that stands.
        using var instructions = new NativeMemory(MemoryMarshal.AsBytes(code.AsSpan()));
        Span<byte> header = stackalloc byte[16];
        header.Clear();
        BitConverter.TryWriteBytes(header, (ushort)code.Length);
        BitConverter.TryWriteBytes(header[8..], (long)instructions.At);
        using var program = new NativeMemory(header);
        SystemCall.Control.Do("seccomp", ControlSeccomp, ModeFilter, program.At);
    }

    private static ulong[] Program(uint processId)
    {
        var machine = SystemCall.IsArm64 ? MachineArm64 : MachineX64;
        List<ulong> code =
        [
            Step(Load, MachineAt),
            Step(IfEqual, machine, 1, 0),
            Step(Return, Kill),
            Step(Load, NumberAt),
        ];
        if (!SystemCall.IsArm64)
            code.AddRange([Step(IfAtLeast, OtherNumbersX64, 0, 1), Step(Return, NotPermitted)]);
        foreach (var call in Denied.Where(call => call.Number != None))
            code.AddRange([Step(IfEqual, (uint)call.Number, 0, 1), Step(Return, NotPermitted)]);
        // Its flags lie in memory, where a filter cannot look; C libraries then take the older call.
        code.AddRange([Step(IfEqual, (uint)CloneByRecord.Number, 0, 1), Step(Return, NotThere)]);
        foreach (var call in OnlyOnItself)
            If(call, Step(Load, FirstAt), Step(IfEqual, processId, 1, 0));
        // Another process's limits: 0 is the process itself.
        If(SystemCall.Limit, Step(Load, FirstAt), Step(IfEqual, 0, 2, 0), Step(IfEqual, processId, 1, 0));
        // Threads, but no processes.
        If(Clone, Step(Load, FirstAt), Step(IfAnyBit, Namespaces, 1, 0), Step(IfAnyBit, Thread, 1, 0));
        // A pipe's owner is sent signals: F_SETOWN, F_SETSIG and F_SETOWN_EX.
        If(FileControl, Step(Load, SecondAt), Step(IfEqual, 8, 2, 0), Step(IfEqual, 10, 1, 0), Step(IfEqual, 15, 0, 1));
        code.Add(Step(Return, Allow));
        return [.. code];

        // The last two of a call that is asked about: not permitted, and allowed.
        void If(SystemCall call, params ulong[] asked) =>
            code.AddRange([
                Step(IfEqual, (uint)call.Number, 0, (byte)(asked.Length + 2)),
                .. asked,
                Step(Return, NotPermitted),
                Step(Return, Allow),
            ]);
    }

    /// <summary>One instruction: what to do, how many to pass over when it is so and when not, and with what.</summary>
    private static ulong Step(ushort what, uint with, byte so = 0, byte otherwise = 0) =>
        what | (ulong)so << 16 | (ulong)otherwise << 24 | (ulong)with << 32;
}
