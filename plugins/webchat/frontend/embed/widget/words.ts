/** The widget's few words. It follows the page's language: Portuguese, else English. */

const words = {
  pt: {
    open: "Abrir conversa",
    close: "Fechar conversa",
    write: "Escreva uma mensagem",
    send: "Enviar",
    attach: "Anexar arquivo",
    typing: "digitando…",
    offline: "Sem conexão. Tentando de novo…",
    failed: "Não enviada. Toque para tentar de novo.",
    earlier: "Mensagens anteriores",
    file: "Arquivo",
    sending: "Enviando",
    sent: "Enviada",
    received: "Nova mensagem",
    powered: "Atendimento por Ramal",
  },
  en: {
    open: "Open chat",
    close: "Close chat",
    write: "Write a message",
    send: "Send",
    attach: "Attach a file",
    typing: "typing…",
    offline: "Offline. Trying again…",
    failed: "Not sent. Tap to try again.",
    earlier: "Earlier messages",
    file: "File",
    sending: "Sending",
    sent: "Sent",
    received: "New message",
    powered: "Chat by Ramal",
  },
};

export type Words = typeof words.pt;

export function wordsFor(language: string): Words {
  return language.toLowerCase().startsWith("pt") ? words.pt : words.en;
}
