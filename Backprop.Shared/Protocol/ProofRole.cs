namespace Backprop.Shared.Protocol;

/// <summary>Who proves that it knows the token. A proof is good for one role, so that none can be sent back to its maker.</summary>
internal enum ProofRole
{
    /// <summary>In Hello.</summary>
    Worker,

    /// <summary>In Welcome.</summary>
    Coordinator,
}
