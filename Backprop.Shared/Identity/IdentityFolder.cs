using Backprop.Shared.Primitives;

namespace Backprop.Shared.Identity;

/// <summary>
/// The folder of a process' identity, which is read again when its files change: a new certificate, or one authority more, needs no
/// restart. From any thread.
/// </summary>
internal sealed class IdentityFolder
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly string[] Files =
        [OwnIdentity.CertificateFile, OwnIdentity.KeyFile, CertificateAuthority.CertificateFile];

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private OwnIdentity _current;
    private long _lookedAt;
    private DateTime _changedAt;

    /// <param name="path">See <see cref="OwnIdentity"/>.</param>
    /// <param name="time">The clock: by it certificates are judged, and files are looked at once a second.</param>
    /// <exception cref="UserException">As <see cref="OwnIdentity.Open"/>.</exception>
    public IdentityFolder(string path, TimeProvider time)
    {
        (Path, _time) = (System.IO.Path.GetFullPath(path), time);
        (_lookedAt, _changedAt) = (time.GetTimestamp(), ChangedAt());
        _current = OwnIdentity.Open(Path, time.GetUtcNow());
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Now, by the clock that certificates are judged by.</summary>
    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>What the folder holds. Where it cannot be read for now, what it held before.</summary>
    public OwnIdentity Current
    {
        get
        {
            lock (_gate)
            {
                if (_time.GetElapsedTime(_lookedAt) >= LookEvery)
                {
                    Look();
                }

                return _current;
            }
        }
    }

    private void Look()
    {
        _lookedAt = _time.GetTimestamp();
        var changedAt = ChangedAt();
        if (changedAt == _changedAt)
        {
            return;
        }

        try
        {
            // The one before is still in use by connections, and is left to the collector.
            _current = OwnIdentity.Open(Path, Now);
            _changedAt = changedAt;
        }
        catch (UserException)
        {
            // Half of it may be copied by now: it is looked at again in a second.
        }
    }

    private DateTime ChangedAt() => Files.Max(file => File.GetLastWriteTimeUtc(System.IO.Path.Combine(Path, file)));
}
