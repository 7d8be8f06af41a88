using System.Security.Cryptography;
using System.Text;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Protocol;

/// <summary>
/// The secret that coordinator and workers share. It is sent with each call, and nothing hides it on the way: so it is for this machine,
/// for tunnels, and for networks that are trusted.
/// </summary>
internal sealed class JoinToken
{
    private const int BytesMinimum = 16;
    private const int BytesMaximum = 4096;
    private const UnixFileMode OpenToAll = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private readonly byte[] _secret;

    /// <summary>A token from its bytes.</summary>
    public JoinToken(ReadOnlySpan<byte> secret) => _secret = secret.ToArray();

    /// <summary>As it is sent: what a call's <c>authorization</c> says.</summary>
    public string Bearer => $"Bearer {Encoding.ASCII.GetString(_secret)}";

    /// <summary>Reads the token from a file; white space around it does not count.</summary>
    /// <exception cref="UserException">There is none, everybody may read it, or it is too short or no plain text.</exception>
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
        if (secret.IndexOfAnyExceptInRange((byte)' ', (byte)'~') >= 0)
        {
            throw Unusable(path, "holds more than a line of plain text (ASCII); make a token with: openssl rand -hex 32");
        }

        return secret.Length >= BytesMinimum
            ? new JoinToken(secret)
            : throw Unusable(path, $"holds {secret.Length} bytes and needs {BytesMinimum}; make a token with: openssl rand -hex 32");
    }

    /// <summary>Whether what a call's <c>authorization</c> says is this; how long this takes does not tell how nearly.</summary>
    public bool IsShownBy(string? authorization) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization ?? ""), Encoding.UTF8.GetBytes(Bearer));

    private static UserException Unusable(string path, string why) => new(ExitCode.Usage, $"The token file '{path}' {why}.");
}
