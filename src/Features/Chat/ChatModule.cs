using Veza.Infrastructure;

namespace Veza.Features.Chat;

internal static class ChatModule
{
    internal static readonly Module Inventory = new("Chat");
}
