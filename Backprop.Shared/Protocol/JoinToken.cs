using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Protocol;

/// <summary>
/// The secret that coordinator and workers share. It is never sent: each side proves with HMAC-SHA256 that it knows it, over both sides'
/// random numbers, a role word and what was said so far, so that a proof is good for this one conversation.
/// </summary>
internal sealed class JoinToken
{
    private const int BytesMinimum = 16;
    private const int BytesMaximum = 4096;
    private const UnixFileMode OpenToAll = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private readonly byte[] _secret;

    /// <summary>A token from its bytes.</summary>
    public JoinToken(ReadOnlySpan<byte> secret) => _secret = secret.ToArray();

    /// <summary>Reads the token from a file; white space around it does not count.</summary>
    /// <exception cref="UserException">There is none, everybody may read it, or it is too short.</exception>
    public static JoinToken Read(string path)
    {
        var content = new byte[BytesMaximum + 1];
        int length;
        try
        {
            using var file = File.OpenHandle(path);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & OpenToAll) != 0)
            {
                throw Unusable(path, "is open to every user of this machine; close it with: chmod o-rw");
            }

            using var stream = new FileStream(file, FileAccess.Read, bufferSize: 0);
            length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var why = Directory.Exists(path) ? "it is a folder" : Shown.Reason(exception);
            throw new UserException(ExitCode.Usage, $"The token file '{path}' cannot be read: {why}.", exception);
        }

        if (length > BytesMaximum)
        {
            throw Unusable(path, $"is longer than {BytesMaximum} bytes; a token is a line of text");
        }

        var secret = content.AsSpan(0, length).Trim(" \t\r\n"u8);
        return secret.Length >= BytesMinimum
            ? new JoinToken(secret)
            : throw Unusable(path, $"holds {secret.Length} bytes and needs {BytesMinimum}; make a token with: openssl rand -hex 32");
    }

    /// <summary>That somebody in this role, in this conversation, knows the token.</summary>
    public byte[] Prove(ProofRole role, Challenge challenge, Hello hello)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _secret);
        Append(hmac, "backprop join"u8);
        Append(hmac, role == ProofRole.Worker ? "worker"u8 : "coordinator"u8);
        Append(hmac, challenge.Nonce.Span);
        Append(hmac, hello.Nonce.Span);
        Append(hmac, challenge.ProtocolMin);
        Append(hmac, challenge.ProtocolMax);
        Append(hmac, challenge.Numerics);
        Append(hmac, challenge.Version);
        Append(hmac, challenge.TokenRequired ? 1 : 0);
        Append(hmac, hello.Protocol);
        Append(hmac, hello.Numerics);
        Append(hmac, hello.Version);
        Append(hmac, hello.Name);
        Append(hmac, hello.Instance.Span);
        Append(hmac, hello.Incarnation);
        Append(hmac, hello.Slots);
        Append(hmac, hello.Identity);
        return hmac.GetHashAndReset();
    }

    /// <summary>Whether the proof is right; how long this takes does not tell how nearly.</summary>
    public bool Verify(ProofRole role, Challenge challenge, Hello hello, ReadOnlySpan<byte> proof) =>
        CryptographicOperations.FixedTimeEquals(Prove(role, challenge, hello), proof);

    // Each part comes after its length, so that no two different conversations are the same bytes.
    private static void Append(IncrementalHash hmac, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        hmac.AppendData(length);
        hmac.AppendData(part);
    }

    private static void Append(IncrementalHash hmac, string part) => Append(hmac, Encoding.UTF8.GetBytes(part));

    private static void Append(IncrementalHash hmac, long part)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, part);
        Append(hmac, bytes);
    }

    private static UserException Unusable(string path, string why) => new(ExitCode.Usage, $"The token file '{path}' {why}.");
}
