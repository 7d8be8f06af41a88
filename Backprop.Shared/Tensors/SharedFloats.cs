using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Backprop.Shared.Tensors;

/// <summary>
/// Floats that several processes of one user on one machine see: what one writes there, the others read where it is. It has no name in
/// any file system, so that nothing is left behind however the processes end. Pages that nobody touches cost nothing. Linux only.
/// </summary>
internal sealed unsafe partial class SharedFloats : IDisposable
{
    private const string Name = "backprop";
    private const int CloseOnExec = 1;
    private const int AllowSealing = 2;
    private const int AddSeals = 1033;
    private const int GetSeals = 1034;
    private const int SealShrink = 2;
    private const int SealGrow = 4;
    private const int SealFutureWrite = 16;
    private const int FileSize = 1;

    private readonly SafeFileHandle _file;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _pointer;

    private SharedFloats(SafeFileHandle file, long length, bool writable)
    {
        (_file, Length) = (file, length);
        var access = writable ? MemoryMappedFileAccess.ReadWrite : MemoryMappedFileAccess.Read;
        _map = MemoryMappedFile.CreateFromFile(file, null, length * sizeof(float), access, HandleInheritability.None, leaveOpen: true);
        _view = _map.CreateViewAccessor(0, 0, access);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _pointer);
        FloatBuffer.AdviseHugePages(_pointer, (nuint)length * sizeof(float));
    }

    /// <summary>How many floats.</summary>
    public long Length { get; }

    /// <summary>The first float; valid until disposal.</summary>
    public float* Pointer => (float*)_pointer;

    /// <summary>What another process needs, together with this one's id, to open it.</summary>
    public int Descriptor => (int)_file.DangerousGetHandle();

    /// <summary>New shared floats, all zero. Nobody can change their length, so that no process can pull them away under another.</summary>
    /// <param name="othersWrite">False: other processes can only read them.</param>
    /// <returns>Null where this system has no such thing.</returns>
    public static SharedFloats? TryCreate(long length, bool othersWrite)
    {
        if (!OperatingSystem.IsLinux() || length <= 0 || length * sizeof(float) > LargestFile())
        {
            return null;
        }

        var file = new SafeFileHandle(CreateInMemory(Name, CloseOnExec | AllowSealing), ownsHandle: true);
        try
        {
            if (!file.IsInvalid)
            {
                RandomAccess.SetLength(file, length * sizeof(float));
                var floats = new SharedFloats(file, length, writable: true);
                var seals = SealShrink | SealGrow | (othersWrite ? 0 : SealFutureWrite);
                if (Control(floats.Descriptor, AddSeals, seals) == 0)
                {
                    return floats;
                }

                floats.Dispose();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // As if there were none.
        }

        file.Dispose();
        return null;
    }

    /// <summary>Opens what another process of this machine has made.</summary>
    /// <returns>Null where that cannot be done, or where it has another length.</returns>
    public static SharedFloats? TryOpen(int process, int descriptor, long length, bool writable)
    {
        if (!OperatingSystem.IsLinux() || process <= 0 || descriptor < 0 || length <= 0)
        {
            return null;
        }

        SafeFileHandle? file = null;
        try
        {
            // Nothing else than such memory: what has a length that cannot change cannot be taken away while it is used.
            var path = $"/proc/{process}/fd/{descriptor}";
            if (new FileInfo(path).LinkTarget?.StartsWith($"/memfd:{Name}", StringComparison.Ordinal) != true)
            {
                return null;
            }

            file = File.OpenHandle(path, FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite);
            var seals = Control((int)file.DangerousGetHandle(), GetSeals, 0);
            if (seals >= 0 && (seals & SealShrink) != 0 && RandomAccess.GetLength(file) == length * sizeof(float))
            {
                return new SharedFloats(file, length, writable);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // Another machine's, another user's, or gone.
        }

        file?.Dispose();
        return null;
    }

    /// <summary>Nobody else can open it from now on; those who have it keep it.</summary>
    public void CloseDescriptor() => _file.Dispose();

    /// <summary>A part of it; valid until this is disposed of.</summary>
    public FloatBuffer View(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + length, Length);
        return FloatBuffer.Over(Pointer + start, length);
    }

    public void Dispose()
    {
        if (_pointer != null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _pointer = null;
            _view.Dispose();
            _map.Dispose();
            _file.Dispose();
        }
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateInMemory(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int LimitOf(int resource, out Limit limit);

    /// <summary>How long a file of this process may be: to make a longer one would end it.</summary>
    private static long LargestFile() => LimitOf(FileSize, out var limit) == 0 ? (long)Math.Min(limit.Soft, long.MaxValue) : long.MaxValue;

    private readonly struct Limit
    {
        public readonly nuint Soft;
        public readonly nuint Hard;
    }
}
