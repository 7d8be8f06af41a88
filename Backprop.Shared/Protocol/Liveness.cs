namespace Backprop.Shared.Protocol;

/// <summary>When to say that one is there, and when to believe that the other is not. Pure: all times are handed in.</summary>
/// <param name="Heartbeat">Something is sent at least so often.</param>
/// <param name="Silence">Who was not heard for so long is taken for gone.</param>
internal readonly record struct Liveness(TimeSpan Heartbeat, TimeSpan Silence)
{
    /// <summary>A heartbeat every 0.5 s; gone after 3 s.</summary>
    public static Liveness Default { get; } = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(3));

    /// <summary>Nothing was sent for so long that a heartbeat is due.</summary>
    public bool IsHeartbeatDue(TimeSpan sinceSent) => sinceSent >= Heartbeat;

    /// <summary>The other side is silent.</summary>
    /// <param name="sinceHeard">How long ago it was heard.</param>
    /// <param name="sinceLook">
    /// How long before this look the caller looked last. Who was stopped himself, or is far behind, must not blame the other for it:
    /// what it said meanwhile still waits to be read, and the next look decides.
    /// </param>
    public bool IsSilent(TimeSpan sinceHeard, TimeSpan sinceLook) => sinceHeard >= Silence && sinceLook < Silence / 2;

    /// <summary>How long there is nothing to do, unless bytes come: until a heartbeat is due or the silence has lasted too long.</summary>
    public TimeSpan Rest(TimeSpan sinceSent, TimeSpan sinceHeard)
    {
        var rest = Heartbeat - sinceSent < Silence - sinceHeard ? Heartbeat - sinceSent : Silence - sinceHeard;
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }
}
